"""A survey as a script: a reminder after a day, and an end after a week of silence."""

from parley import NotUnderstood, Talk, TimedOut, days, flow, read


@flow(keywords=("survey",), expires=days(7), help="It takes three answers. Say stop, and I ask no more.")
async def survey(talk: Talk) -> None:
    """Three questions; who does not want to is left alone."""
    try:
        stars = await talk.ask(
            "How many stars do we get, from 1 to 5?",
            read.number(1, 5),
            remind=days(1),
            reminder="You have not finished our survey.",
        )
        why = "" if stars == 5 else await talk.ask("What could we do better?")
        again = await talk.ask("Will you come again?", read.yes_no())
    except (NotUnderstood, TimedOut):
        talk.say("Never mind. Thank you all the same!")
        return
    talk.say(f"Thank you for {stars} stars!" if again else "Thank you. We will try to do better.")
    if why:
        talk.say(f"We have noted: “{why}”")
