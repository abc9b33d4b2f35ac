"""What Function Compute adds to requests for a proxy that runs there: seen by nobody, and by no key."""

from __future__ import annotations

import asyncio

import pytest

from aicache.domain.known_request_headers import FUNCTION_COMPUTE
from aicache.domain.request_headers import FieldRole, FieldRules, field_role
from aicache.fastpath.prepared_responses import PreparedResponses
from aicache.proxy.platform_headers import FUNCTION_COMPUTE_VARIABLES, platform_fields
from in_process import a_question, an_answer, in_process

CREDENTIALS = ("x-fc-access-key-id", "x-fc-access-key-secret", "x-fc-security-token")


@pytest.fixture
def _in_function_compute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FC_FUNCTION_NAME", "ai-cache")


@pytest.fixture
def _elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in FUNCTION_COMPUTE_VARIABLES:
        monkeypatch.delenv(name, raising=False)


async def ask_twice(*differ: str) -> tuple[int, list[set[str]]]:
    """Ask the same with other values of these fields; return how often the upstream was asked, and their names that
    are left in the flows."""
    left = []
    async with in_process() as proxy:
        for round in ("one", "other"):
            fields = {name.replace("-", "_"): f"{round}-{name}" for name in differ}
            flow = await proxy.send(a_question("Who asks?", **fields), an_answer("You."))
            while len(proxy.runtime.store.entries) < proxy.upstream:
                await asyncio.sleep(0.001)
            left.append({name for name in flow.request.headers if name.startswith("x-fc-")})
        return proxy.upstream, left


@pytest.mark.usefixtures("_in_function_compute")
async def test_what_the_platform_adds_is_removed_and_splits_nothing() -> None:
    assert await ask_twice(*FUNCTION_COMPUTE) == (1, [set(), set()])


@pytest.mark.usefixtures("_in_function_compute")
async def test_what_it_does_not_document_may_select_the_answer() -> None:
    assert await ask_twice("x-fc-model") == (2, [{"x-fc-model"}, {"x-fc-model"}])


@pytest.mark.usefixtures("_elsewhere")
@pytest.mark.parametrize("name", [*CREDENTIALS, "x-fc-account-id", "x-fc-function-name"])
async def test_elsewhere_it_may_be_the_clients_own(name: str) -> None:
    assert await ask_twice(name) == (2, [{name}, {name}])


@pytest.mark.usefixtures("_elsewhere")
async def test_the_id_of_a_request_is_harmless_everywhere() -> None:
    assert await ask_twice("x-fc-request-id") == (1, [{"x-fc-request-id"}, {"x-fc-request-id"}])


@pytest.mark.usefixtures("_in_function_compute")
def test_a_response_at_hand_is_found_whatever_the_platform_adds() -> None:
    responses = PreparedResponses(lambda: None)

    responses.reset(FieldRules())

    assert {name.encode() for name in FUNCTION_COMPUTE} <= responses.ignored_fields


def test_where_a_platform_is_known_by_its_variables_alone() -> None:
    assert platform_fields({}) == platform_fields({"FC_FUNCTION_NAME": ""}) == frozenset()
    assert platform_fields({"FC_ACCOUNT_ID": "1"}) == frozenset(FUNCTION_COMPUTE)
    assert {field_role(name, "x", FieldRules()) for name in CREDENTIALS} == {FieldRole.BOTH}
