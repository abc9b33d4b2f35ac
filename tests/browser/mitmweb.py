"""A real mitmweb with the addon: its flows as its REST API tells them, and its page as a person sees it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Locator, Page, expect

from demo.answers import Request
from e2e.proxy import Proxy, free_port

PASSWORD = "open"


class Web(Proxy):
    """``mitmweb -s addon/ai_cache.py``; its interface wants a password from mitmproxy 11.1 on, and has this one."""

    def __init__(self, upstream: str, home: Path, config: str | None = None, **how: Any) -> None:
        self.web = free_port()
        own = ("--no-web-open-browser", "--set", f"web_port={self.web}", "--set", f"web_password={PASSWORD}")
        super().__init__(upstream, home, config, program="mitmweb", options=(*how.pop("options", ()), *own), **how)

    @property
    def page_url(self) -> str:
        return f"http://127.0.0.1:{self.web}/?token={PASSWORD}"

    @property
    def authority(self) -> Path:
        """The certificate of mitmproxy's authority, which clients of an intercepted connection trust."""
        return self.home / "confdir" / "mitmproxy-ca-cert.pem"

    def flows(self) -> list[dict[str, Any]]:
        """Return all flows, oldest first."""
        return sorted(self._get("/flows").json(), key=lambda flow: float(flow["timestamp_created"]))

    def give(self, name: str, *arguments: str) -> Any:
        """Give a command by the REST API; return its value, or raise what is wrong with it."""
        reply = httpx.post(
            f"http://127.0.0.1:{self.web}/commands/{name}",
            json={"arguments": list(arguments)},
            headers={"authorization": f"Bearer {PASSWORD}", "x-xsrftoken": "0", "cookie": "_xsrf=0; _mitmproxy_xsrf=0"},
            trust_env=False,
        )
        reply.raise_for_status()
        answer = reply.json()
        if "error" in answer:
            raise ValueError(answer["error"])
        return answer["value"]

    def result(self, name: str, *arguments: str) -> list[str]:
        """Give a command that takes its time; return what came of it."""
        assert "begun" in self.give(name, *arguments)
        self.wait_for(lambda: self.give("aicache.result") != [f"{name}: under way"], within=20)
        found: list[str] = self.give("aicache.result")
        return found

    def became(self, path: str = "/chat/completions") -> list[str]:
        """Return what became of each answered request to *path*: ``miss``, ``exact``, ``semantic``, ``bypass``."""
        return [cache_of(dict(flow["response"]["headers"])) for flow in self._answered(path)]

    def asked(self, path: str = "/chat/completions") -> list[tuple[str, str]]:
        """Return the last user text of each answered request to *path*, and what became of it."""
        found = []
        for flow in self._answered(path):
            body = self._get(f"/flows/{flow['id']}/request/content.data").content
            found.append((Request("POST", path, {}, body).question, cache_of(dict(flow["response"]["headers"]))))
        return found

    def _answered(self, path: str) -> list[dict[str, Any]]:
        return [flow for flow in self.flows() if flow.get("response") and flow["request"]["path"].endswith(path)]

    def _get(self, path: str) -> httpx.Response:
        headers = {"authorization": f"Bearer {PASSWORD}"}
        return httpx.get(f"http://127.0.0.1:{self.web}{path}", headers=headers, trust_env=False)


def cache_of(headers: dict[str, str]) -> str:
    status = headers.get("x-cache-status", "")
    return headers["cache-status"].partition("detail=")[2].partition(";")[0] if status == "hit" else status


class FlowList:
    """mitmweb's page: the list of flows, and the details of the one that is selected."""

    def __init__(self, page: Page, web: Web) -> None:
        self.page = page
        page.goto(web.page_url)
        expect(page.locator(".flow-table")).to_be_visible()

    @property
    def rows(self) -> Locator:
        return self.page.locator(".flow-table tbody tr:has(td.col-path)")

    def select(self, number: int, tab: str = "Response") -> Locator:
        """Click on a row, the first being 0, and on a tab of its details; return the details."""
        self.rows.nth(number).click()
        details = self.page.locator(".flow-detail")
        details.get_by_text(tab, exact=True).first.click()
        return details

    def filter(self, expression: str) -> None:
        """Type into the Search field, which hides all flows that do not match."""
        self.page.get_by_placeholder("Search").fill(expression)

    def command(self, text: str) -> Locator:
        """Type a command into the command bar, which is opened where need be; return the results."""
        entry = self.page.get_by_placeholder("Enter command")
        if not entry.is_visible():
            self.page.locator("header nav").get_by_text("Options", exact=True).click()
            self.page.get_by_text("Display Command Bar").click()
        entry.fill(text)
        entry.press("Enter")
        return self.page.locator(".command-result")
