"""Dialog bots as botbuilder's own samples are written: a waterfall of prompts, a profile, a dialog within a dialog."""

from typing import Any

from botbuilder.core import ActivityHandler, ConversationState, MessageFactory, TurnContext, UserState
from botbuilder.dialogs import (
    ComponentDialog,
    DialogSet,
    DialogTurnResult,
    DialogTurnStatus,
    WaterfallDialog,
    WaterfallStepContext,
)
from botbuilder.dialogs.choices import Choice
from botbuilder.dialogs.prompts import (
    AttachmentPrompt,
    ChoicePrompt,
    ConfirmPrompt,
    NumberPrompt,
    PromptOptions,
    PromptValidatorContext,
    TextPrompt,
)

CANCELLED = "Cancelling"


class Profile:
    """What is kept of a customer."""

    def __init__(self, transport: str = "", name: str = "", age: int = 0) -> None:
        self.transport, self.name, self.age = transport, name, age


class Age(ComponentDialog):  # type: ignore[misc]  # the library is untyped
    """A dialog within the dialog: an age between 1 and 149, or none."""

    def __init__(self) -> None:
        super().__init__("Age")
        self.add_dialog(ConfirmPrompt("May"))
        self.add_dialog(NumberPrompt("Number", self._fits))
        self.add_dialog(WaterfallDialog("Steps", [self._may, self._ask, self._give]))
        self.initial_dialog_id = "Steps"

    async def _may(self, step: WaterfallStepContext) -> DialogTurnResult:
        return await step.prompt("May", PromptOptions(prompt=MessageFactory.text("Would you tell your age?")))

    async def _ask(self, step: WaterfallStepContext) -> DialogTurnResult:
        if not step.result:
            return await step.end_dialog(-1)
        options = PromptOptions(
            prompt=MessageFactory.text("How old are you?"),
            retry_prompt=MessageFactory.text("An age is between 1 and 149."),
        )
        return await step.prompt("Number", options)

    async def _give(self, step: WaterfallStepContext) -> DialogTurnResult:
        return await step.end_dialog(int(step.result))

    async def _fits(self, prompt: PromptValidatorContext) -> bool:
        return bool(prompt.recognized.succeeded and 0 < prompt.recognized.value < 150)


class ProfileDialog(ComponentDialog):  # type: ignore[misc]  # the library is untyped
    """Transport, name, age, a picture if they like, and a last question."""

    def __init__(self, user_state: UserState) -> None:
        super().__init__("Profile")
        self._profile = user_state.create_property("Profile")
        steps = [self._transport, self._name, self._age, self._picture, self._confirm, self._keep]
        for dialog in (
            WaterfallDialog("Steps", steps), ChoicePrompt("Choice"), TextPrompt("Text"), Age(),
            AttachmentPrompt("Picture", self._is_picture), ConfirmPrompt("Confirm"),
        ):  # fmt: skip
            self.add_dialog(dialog)
        self.initial_dialog_id = "Steps"

    async def on_continue_dialog(self, inner_dc: Any) -> DialogTurnResult:
        """Let `cancel` end everything."""
        if (inner_dc.context.activity.text or "").lower() == "cancel":
            await inner_dc.context.send_activity(CANCELLED)
            return await inner_dc.cancel_all_dialogs()
        return await super().on_continue_dialog(inner_dc)

    async def _transport(self, step: WaterfallStepContext) -> DialogTurnResult:
        options = PromptOptions(
            prompt=MessageFactory.text("How do you travel?"),
            choices=[Choice("Car"), Choice("Bus"), Choice("Bicycle")],
        )
        return await step.prompt("Choice", options)

    async def _name(self, step: WaterfallStepContext) -> DialogTurnResult:
        step.values["transport"] = step.result.value
        return await step.prompt("Text", PromptOptions(prompt=MessageFactory.text("What is your name?")))

    async def _age(self, step: WaterfallStepContext) -> DialogTurnResult:
        step.values["name"] = step.result
        await step.context.send_activity(f"Thanks, {step.result}.")
        return await step.begin_dialog("Age")

    async def _picture(self, step: WaterfallStepContext) -> DialogTurnResult:
        step.values["age"] = step.result
        options = PromptOptions(
            prompt=MessageFactory.text("Send a picture, or anything to skip."),
            retry_prompt=MessageFactory.text("Only pictures."),
        )
        return await step.prompt("Picture", options)

    async def _confirm(self, step: WaterfallStepContext) -> DialogTurnResult:
        step.values["picture"] = bool(step.result)
        return await step.prompt("Confirm", PromptOptions(prompt=MessageFactory.text("Is this right?")))

    async def _keep(self, step: WaterfallStepContext) -> DialogTurnResult:
        if step.result:
            profile = await self._profile.get(step.context, Profile)
            values = step.values
            profile.transport, profile.name, profile.age = values["transport"], values["name"], values["age"]
            picture = "with" if values["picture"] else "without"
            await step.context.send_activity(
                f"{profile.name}, {profile.age}, by {profile.transport}, {picture} picture"
            )
        else:
            await step.context.send_activity("Nothing is kept.")
        return await step.end_dialog()

    async def _is_picture(self, prompt: PromptValidatorContext) -> bool:
        if not prompt.recognized.succeeded:
            prompt.recognized.value = []
            return True
        kept = [each for each in prompt.recognized.value if each.content_type.startswith("image/")]
        prompt.recognized.value = kept
        return bool(kept)


class DialogBot(ActivityHandler):  # type: ignore[misc]  # the library is untyped
    """Runs its dialog with every message, as the samples do."""

    def __init__(self, conversation_state: ConversationState, user_state: UserState) -> None:
        self._states = conversation_state, user_state
        self._stack = conversation_state.create_property("DialogState")
        self._dialogs = DialogSet(self._stack)
        self._dialogs.add(ProfileDialog(user_state))

    async def on_turn(self, turn_context: TurnContext) -> None:
        """Play a turn and save."""
        await super().on_turn(turn_context)
        for state in self._states:
            await state.save_changes(turn_context)

    async def on_message_activity(self, turn_context: TurnContext) -> None:
        """Go on with the dialog, or begin it."""
        context = await self._dialogs.create_context(turn_context)
        result = await context.continue_dialog()
        if result.status == DialogTurnStatus.Empty:
            await context.begin_dialog("Profile")
