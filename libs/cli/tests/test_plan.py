from pathlib import Path

from microcoder.cli.local.llm import patience_s
from microcoder.cli.local.plan import LlmPlan, Surroundings, pick_ports, plan_services
from microcoder.host.ports import DEFAULT_PORTS


def around(**changes: object) -> Surroundings:
    values: dict[str, object] = {
        "state_dir": Path("/state"),
        "store_uri": "mongodb://127.0.0.1:1",
        "bus_environ": {"MICROCODER_BUS__PATH": "/state/bus.sqlite"},
        "llm": LlmPlan(base_url="http://127.0.0.1:2/v1", model="m"),
        "ports": pick_ports(),
        **changes,
    }
    return Surroundings(**values)  # type: ignore[arg-type]


def test_six_services_with_ports_of_their_own_on_loopback() -> None:
    plans = plan_services(around())
    assert [plan.name for plan in plans] == list(DEFAULT_PORTS)
    addresses = [address for plan in plans for address in (plan.rpc, plan.admin)]
    assert len(set(addresses)) == 12
    assert all(address.startswith("127.0.0.1:") for address in addresses)


def test_all_share_store_bus_and_each_others_addresses() -> None:
    plans = plan_services(around())
    for plan in plans:
        assert plan.environ["MICROCODER_STORE__URI"] == "mongodb://127.0.0.1:1"
        assert plan.environ["MICROCODER_BUS__PATH"] == "/state/bus.sqlite"
        for other in plans:
            assert plan.environ[f"MICROCODER_ENDPOINTS__{other.name.upper()}"] == other.rpc


def test_training_environment_goes_where_models_run() -> None:
    plans = {plan.name: plan.environ for plan in plan_services(around(training_python=Path("/llm/bin/python")))}
    assert plans["trainer"]["MICROCODER_TRAINER__PYTHON"] == "/llm/bin/python"
    assert plans["evaluator"]["MICROCODER_EVALUATOR__PYTHON"] == "/llm/bin/python"
    assert "MICROCODER_TRAINER__PYTHON" not in plans["judge"]


def test_without_an_llm_nothing_is_said_of_one() -> None:
    for plan in plan_services(around(llm=LlmPlan(base_url=""))):
        assert not [name for name in plan.environ if name.startswith("MICROCODER_LLM")]


def test_a_slow_llm_is_given_time_unless_the_person_says_how_much() -> None:
    slow = LlmPlan(base_url="http://127.0.0.1:2/v1", timeout_s=patience_s({}))
    assert all(plan.environ["MICROCODER_LLM__TIMEOUT_S"] == "900.0" for plan in plan_services(around(llm=slow)))
    assert not any("MICROCODER_LLM__TIMEOUT_S" in plan.environ for plan in plan_services(around()))
    assert patience_s({"MICROCODER_LLM__TIMEOUT_S": "5"}) is None
