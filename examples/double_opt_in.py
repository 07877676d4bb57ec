"""Double opt-in: a customer says that they want our news, and says so again before the first of them may leave."""

from parley import Talk, TimedOut, days, flow, read

ASKED = "May we send you our offers here, twice a month at most?"
CONFIRMED = (
    "One more yes, please, so that we know it is you who wants our offers here. STOP ends them at any time."
)


@flow(keywords=("offers", "news", "newsletter"))
async def double_opt_in(talk: Talk) -> bool:
    """Ask for consent to marketing, twice; gives whether the customer allows it."""
    if talk.allows("marketing"):
        talk.say("You get our offers already. Write STOP to end them.")
        return True
    if not await talk.ask(ASKED, read.yes_no()):
        talk.say("All right, none will come.")
        return False
    first = talk.now
    try:
        sure = await talk.ask(CONFIRMED, read.yes_no(), within=days(2))
    except TimedOut:
        sure = False
    if sure:
        talk.consent("marketing", given=True, text=f"{ASKED} {CONFIRMED}", evidence={"first_yes_at": first})
        talk.say("Thank you. Our offers will come here.")
    else:
        talk.say("All right, none will come.")
    return sure
