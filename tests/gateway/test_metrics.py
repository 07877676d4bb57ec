"""What is counted can be read by Prometheus."""

import subprocess
import sys
import threading

from prometheus_client.parser import text_string_to_metric_families

from gateway.metrics import Metrics


def read(metrics: Metrics) -> dict[tuple[str, ...], float]:
    """Every sample by its name and label values."""
    families = text_string_to_metric_families(metrics.render().decode())
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in families
        for sample in family.samples
    }


def test_every_count_has_its_channel() -> None:
    metrics = Metrics()
    metrics.accepted("wa", 3)
    metrics.accepted("wa")
    metrics.duplicate("wa", 2)
    metrics.quarantined("sms")
    metrics.turn("wa")
    metrics.sent("wa", "accepted")
    metrics.sent("wa", "unknown")
    metrics.told("01", "retried")
    assert read(metrics) == {
        ("parley_events_accepted_total", "wa"): 4,
        ("parley_events_duplicate_total", "wa"): 2,
        ("parley_envelopes_quarantined_total", "sms"): 1,
        ("parley_turns_total", "wa"): 1,
        ("parley_sends_total", "wa", "accepted"): 1,
        ("parley_sends_total", "wa", "unknown"): 1,
        ("parley_hook_deliveries_total", "01", "retried"): 1,
    }


def test_durations_are_counted_by_how_long_they_were() -> None:
    metrics = Metrics()
    for seconds in (0.001, 0.002, 0.2, 99):
        metrics.turn("wa", seconds)
    metrics.sent("wa", "accepted", 0.3)
    found = read(metrics)
    bounds = ("0.001", "0.0025", "0.1", "0.25", "30.0", "+Inf")
    assert [found["parley_turn_seconds_bucket", "wa", bound] for bound in bounds] == [1, 2, 2, 3, 3, 4]
    assert (found["parley_turn_seconds_count", "wa"], found["parley_turn_seconds_sum", "wa"]) == (4, 99.203)
    assert found["parley_send_seconds_count", "wa"] == 1


def test_what_is_watched_is_read_when_it_is_asked_for() -> None:
    metrics, held = Metrics(), [1]
    metrics.watch("parley_suspensions", "Suspensions in force", lambda: len(held))
    metrics.watch("parley_waiting", "Messages that wait", lambda: {("wa",): 5, ("sms",): 0}, "channel")
    held.append(2)
    assert read(metrics) == {
        ("parley_suspensions",): 2,
        ("parley_waiting", "wa"): 5,
        ("parley_waiting", "sms"): 0,
    }


def test_reading_in_a_thread_does_not_mind_that_counting_goes_on() -> None:
    metrics, over, failed = Metrics(), threading.Event(), []

    def scrape() -> None:
        while not over.is_set():
            try:
                metrics.render()
            except RuntimeError as error:
                failed.append(error)

    thread = threading.Thread(target=scrape)
    thread.start()
    for number in range(3000):
        metrics.sent(f"channel-{number}", "accepted", 0.1)
    over.set()
    thread.join()
    assert failed == []


def test_counting_does_not_load_the_library() -> None:
    code = (
        "import gateway.metrics as m, sys; m.Metrics().turn('wa'); print('prometheus_client' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
