"""Who sends a request: every credential tells callers apart, and nothing else proves one."""

from __future__ import annotations

from dataclasses import replace

from aicache.domain.caller_identity import digest_selecting_fields, identify_caller, target_without_credentials
from aicache.domain.request_headers import FieldRules, RequestFields, classify_fields

FIELDS = FieldRules()


def who(headers: dict[str, str], query: str = "", *, any_api: bool = False, rules: FieldRules = FIELDS) -> str:
    return identify_caller(classify_fields(headers, rules), query, any_api=any_api).digest


def test_credentials_of_any_header_tell_callers_apart() -> None:
    headers = [
        {"authorization": "Bearer a"},
        {"authorization": "Bearer b"},
        {"x-api-key": "a"},
        {"api-key": "a"},
        {"authorization": "Bearer a", "openai-organization": "o"},
        {"authorization": "Bearer a", "cookie": "sid=1"},
        {"cookie": "sid=1"},
        {"cookie": "sid=2"},
        {"apikey": "a"},
        {"x-unheard-of-token": "a"},
        {"x-plain": "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0."},
        {"x-plain": "Bearer a"},
        {},
    ]

    assert len({who(each) for each in headers}) == len(headers)
    assert who({}, "key=a") != who({}, "key=b")
    assert who({}, "sig=a") == who({}, "sig=b") != who({}, "signature=b")


def test_a_load_balancers_cookie_does_not_split_the_cache() -> None:
    alone = who({"authorization": "Bearer a"})

    assert (
        who({"authorization": "Bearer a", "cookie": "AWSALB=7; __cf_bm=x.y-z; BIGipServerpool=1677787402.36895.0000"})
        == alone
    )
    assert who({"authorization": "Bearer a", "cookie": "AWSALB=7; lb=7"}) != alone
    assert who({"cookie": "AWSALB=7, sid=alice"}) != who({"cookie": "AWSALB=7, sid=bob"})


def test_who_shows_nothing_like_a_credential_can_prove_nothing() -> None:
    nameless = [{}, {"x-custom": "a"}, {"authorization": " "}, {"x-real-ip": "10.0.0.1"}, {"cookie": "AWSALB=7"}]

    assert all(identify_caller(classify_fields(each, FIELDS), "").proof is None for each in nameless)
    assert identify_caller(classify_fields({"cookie": "sid=1"}, FIELDS), "").proof is not None
    assert identify_caller(classify_fields({}, FIELDS), "", [("(proxyauth)", "alice:x")]).proof is not None


def test_addresses_tell_apart_who_has_no_credential() -> None:
    one, other = {"x-forwarded-for": "10.0.0.1"}, {"x-forwarded-for": "10.0.0.2"}

    assert who(one) != who(other)
    assert who(one | {"authorization": "Bearer a"}) == who(other | {"authorization": "Bearer a"})


def test_what_only_looks_like_a_credential_is_no_part_of_the_proof_but_of_the_key() -> None:
    """Else a header with a name that guesses wrong could choose what callers of other keys are answered."""
    plain = classify_fields({"authorization": "Bearer a"}, FIELDS)
    routed = classify_fields({"authorization": "Bearer a", "x-client-region": "eu"}, FIELDS)

    assert identify_caller(plain, "").proof == identify_caller(routed, "").proof
    assert identify_caller(plain, "").digest != identify_caller(routed, "").digest
    assert digest_selecting_fields(plain) != digest_selecting_fields(routed)


def test_settings_say_who_asks_and_what_says_nothing() -> None:
    rules = FieldRules(ignore=frozenset({"x-a", "authorization"}), credential=frozenset({"x-b"}))
    rules = replace(rules, key=frozenset({"user-agent"}))

    sent = {"content-type": "application/json", "x-a": "1", "x-b": "2", "user-agent": "3", "authorization": "4"}
    fields = classify_fields(sent, rules)

    assert fields == RequestFields((("x-b", "2"),), (), (("user-agent", "3"),), ())


def test_bytes_that_are_no_utf8_stay_apart() -> None:
    assert who({}, "key=%E9") != who({}, "key=%FF")
    assert who({"authorization": "\udce9"}) != who({"authorization": "\udcff"})
    assert target_without_credentials("/v1", "a=%E9") != target_without_credentials("/v1", "a=%FF")
    assert who({}, "key=a+b") != who({}, "key=a%20b")
    assert who({}, "key=%F") != who({}, "key=%25F")
    assert target_without_credentials("/v1", "a=b+c") != target_without_credentials("/v1", "a=b%20c")


def test_with_any_api_two_keys_are_not_their_exchange() -> None:
    one = {"authorization": "A", "x-api-key": "B"}

    assert who(one, any_api=True) != who({"authorization": "B", "x-api-key": "A"}, any_api=True)


ONE_CALLER = [
    ({"authorization": "Bearer k"}, ""),
    ({"authorization": "bearer  k"}, ""),
    ({"authorization": "k"}, ""),
    ({"x-api-key": "k"}, ""),
    ({"api-key": "k"}, ""),
    ({"x-goog-api-key": "k"}, ""),
    ({}, "key=k"),
    ({}, "alt=sse&key=k"),
    ({"x-api-key": "k", "authorization": "Bearer k"}, ""),
    ({"authorization": "Bearer k", "cookie": "AWSALB=7"}, ""),
]


OTHER_CALLERS = [
    ({}, ""),
    ({"authorization": "Bearer K"}, ""),
    ({"authorization": "Bearer k2"}, ""),
    ({"authorization": "Basic k"}, ""),
    ({"authorization": "Bearer"}, ""),
    ({"authorization": "Bearer k", "openai-organization": "o"}, ""),
    ({"authorization": "Bearer k", "openai-project": "o"}, ""),
    ({"authorization": "Bearer k", "x-api-key": "k2"}, ""),
    ({"x-auth-token": "k"}, ""),
    ({"x-dashscope-workspace": "k"}, ""),
    ({}, "token=k"),
    ({}, "access_token=k"),
    ({"cookie": "k"}, ""),
]


def test_with_any_api_a_key_is_the_same_caller_wherever_an_api_wants_it() -> None:
    assert len({who(headers, query, any_api=True) for headers, query in ONE_CALLER}) == 1


def test_with_any_api_other_credentials_are_other_callers() -> None:
    callers = [ONE_CALLER[0], *OTHER_CALLERS]

    assert len({who(headers, query, any_api=True) for headers, query in callers}) == len(callers)


def test_without_any_api_where_the_key_is_tells_callers_apart() -> None:
    assert len({who(headers, query) for headers, query in ONE_CALLER[:7]}) == 7


def test_credentials_in_the_query_are_no_part_of_the_target() -> None:
    assert target_without_credentials("/v1/x", "api-version=2&key=secret") == "/v1/x?api-version=2"
    assert target_without_credentials("/v1/x", "") == "/v1/x"
