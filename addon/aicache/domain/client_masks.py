"""Built-in masks: what coding agents put into their requests that is new in each session, checkout or day. Data only.

Each pattern is anchored to its client's own words, which are its first group; the group is kept, and the rest of the
match is left out of the key. A third group is kept, too. The second group of a pattern that spreads is a directory: a
name stands for it wherever it stands in the conversation, so that what is said of it stays the same. The wording was
recorded from the named versions, or is that of the named sources.
"""

from __future__ import annotations

from dataclasses import dataclass

from aicache.domain.masks import Place

_SYSTEM, _USER, _TOOL = Place.SYSTEM, Place.USER, Place.TOOL


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern for the texts of some places, or for the text at a path of the body."""

    anchor: str
    """A text that every match contains."""
    pattern: str
    places: tuple[Place, ...] = ()
    path: str = ""
    spreads: str = ""
    """The name that stands for the directory."""


@dataclass(frozen=True, slots=True)
class BuiltInMask:
    """One thing that a client writes, and where."""

    name: str
    client: str
    api: str
    what: str
    examples: tuple[str, ...]
    """Texts in which the mask leaves out what is between ``[`` and ``]``, one for each pattern; or fields."""
    source: str
    fields: tuple[str, ...] = ()
    """Paths of the fields that it leaves out."""
    patterns: tuple[Pattern, ...] = ()
    safe: bool = False
    """Whether what it leaves out cannot change an answer: ids, times taken, the client's version."""


_DIRECTORY = r"((?:/|[A-Za-z]:[\\/])[^\n<>`]*?)"
_REMINDER = r"(?s)\A(<system-reminder>\n(?:(?!</system-reminder>).)*?"
_ENVIRONMENT = r"(?s)\A(<environment_context>(?:(?!</environment_context>).)*?"
_WEEKDAY, _MONTH = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)", "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_LONG_MONTH = "(?:January|February|March|April|May|June|July|August|September|October|November|December)"
_CLAUDE_CODE, _CODEX, _GEMINI, _OPENCODE = "Claude Code 2.1", "Codex 0.171", "Gemini CLI 0.61", "opencode 1.18"
_CODEX_SOURCE = "https://github.com/openai/codex, codex-rs/core"
_GEMINI_SOURCE = "https://github.com/google-gemini/gemini-cli, packages/core/src/utils/environmentContext.ts"
_OPENCODE_SOURCE = "https://github.com/sst/opencode, packages/opencode/src/session/system.ts"
_RECORDED = "recorded"

BUILT_IN_MASKS: tuple[BuiltInMask, ...] = (
    BuiltInMask(
        name="claude-code-version",
        client=_CLAUDE_CODE,
        api="messages",
        what="its version and a checksum of the prompt, for billing",
        examples=("x-anthropic-billing-header: cc_version=[2.1.197.19e]; cc_entrypoint=cli; cch=[a0b1c];",),
        source=_RECORDED,
        patterns=(
            Pattern("cc_version=", r"(?m)^(x-anthropic-billing-header: cc_version=)[\w.-]+(?=;)", (_SYSTEM,)),
            Pattern("cch=", r"(?m)^(x-anthropic-billing-header: cc_version=[^\n]*? cch=)\w+(?=;)", (_SYSTEM,)),
        ),
        safe=True,
    ),
    BuiltInMask(
        name="codex-ids",
        client=_CODEX,
        api="responses",
        what="the ids of its installation, session and turns",
        examples=("client_metadata", "input[].internal_chat_message_metadata_passthrough"),
        source="https://github.com/openai/codex, codex-rs/codex-api/src/common.rs",
        fields=("client_metadata", "input[].internal_chat_message_metadata_passthrough"),
        safe=True,
    ),
    BuiltInMask(
        name="codex-chunks",
        client=_CODEX,
        api="responses",
        what="the id of a command's output, and how long the command took",
        examples=("Chunk ID: [8fddeb]\nWall time: [0.0512] seconds\nProcess exited with code 0",),
        source="https://github.com/openai/codex, codex-rs/core/src/tools/context.rs",
        patterns=(
            Pattern("Chunk ID: ", r"\A(Chunk ID: )[0-9a-f]+(?=\nWall time: )", (_TOOL,)),
            Pattern(
                "Wall time: ",
                r"\A((?:Chunk ID: [0-9a-f\x00]+\n)?Wall time: )\d+\.\d+(?= seconds\n)",
                (_TOOL,),
            ),
        ),
        safe=True,
    ),
    BuiltInMask(
        name="gemini-cli-process",
        client=_GEMINI,
        api="gemini",
        what="the id of a command's process group",
        examples=("<untrusted_context>\nOutput: ok\nProcess Group PGID: [25232]\n</untrusted_context>",),
        source="https://github.com/google-gemini/gemini-cli, packages/core/src/tools/shell.ts",
        patterns=(
            Pattern(
                "Process Group PGID: ",
                r"((?:\A|\n)Process Group PGID: )\d+(?=\n</untrusted_context>\Z|\Z)",
                (_TOOL,),
            ),
        ),
        safe=True,
    ),
    BuiltInMask(
        name="claude-code-date",
        client=_CLAUDE_CODE,
        api="messages",
        what="the date, and the month in the description of its web search",
        examples=(
            "<system-reminder>\nYou can use this context:\n# currentDate\nToday's date is [2026-11-30].\n",
            "<env>\nPlatform: linux\nToday's date: [2025-11-30]\n</env>",
            "- The current month is [November 2026] — use this when searching for recent information.",
        ),
        source=_RECORDED,
        patterns=(
            Pattern(
                "Today's date is ",
                rf"{_REMINDER}# currentDate\nToday's date is )\d{{4}}-\d\d-\d\d(?=\.)",
                (_SYSTEM, _USER),
            ),
            Pattern("Today's date: ", r"(?m)^(Today's date: )\d{4}-\d\d-\d\d$", (_SYSTEM,)),
            Pattern(
                "The current month is ",
                rf"(?m)^(- The current month is ){_LONG_MONTH} \d{{4}}(?= — use this)",
                path="tools[].description",
            ),
        ),
    ),
    BuiltInMask(
        name="claude-code-directories",
        client=_CLAUDE_CODE,
        api="messages",
        what="the working directory, the home and the folder for temporary files, also where else they stand",
        examples=(
            " - Primary working directory: [/home/alice/weather]\n",
            "<env>\nWorking directory: [/home/alice/weather]\nIs directory a git repo: Yes\n",
            "a persistent file-based memory at `[/home/alice]/.claude/projects/[-home-alice-weather]/memory/`.",
            "Always use this scratchpad directory for temporary files instead of `/tmp` or other system temp "
            "directories:\n`[/tmp/claude-1000/-home-alice-weather/2201b9ee/scratchpad]`\n",
        ),
        source=_RECORDED,
        patterns=(
            Pattern(
                "Primary working directory: ",
                rf"(?m)^( - Primary working directory: ){_DIRECTORY}$",
                (_SYSTEM,),
                spreads="directory",
            ),
            Pattern(
                "Working directory: ",
                rf"(<env>\nWorking directory: ){_DIRECTORY}(?=\n)",
                (_SYSTEM,),
                spreads="directory",
            ),
            Pattern(
                "persistent file-based memory at `",
                rf"(persistent file-based memory at `){_DIRECTORY}(?=[\\/]\.claude[\\/]projects[\\/])",
                (_SYSTEM,),
                spreads="home",
            ),
            Pattern(
                "persistent file-based memory at `",
                r"(persistent file-based memory at `[^\n`]+[\\/]\.claude[\\/]projects[\\/])[\w.-]+"
                r"(?=[\\/]memory[\\/]`)",
                (_SYSTEM,),
            ),
            Pattern(
                "Always use this scratchpad directory",
                r"(Always use this scratchpad directory for temporary files instead of `/tmp` or other system temp "
                rf"directories:\n`){_DIRECTORY}(?=`\n)",
                (_SYSTEM,),
                spreads="scratchpad",
            ),
        ),
    ),
    BuiltInMask(
        name="claude-code-git",
        client=_CLAUDE_CODE,
        api="messages",
        what="the branch, git's status and the latest commits",
        examples=(
            "gitStatus: This is the git status at the start of the conversation. Note that this status is a snapshot "
            "in time, and will not update during the conversation.\n[\nCurrent branch: master\n\nMain branch (you will "
            "usually use this for PRs): main\n\nStatus:\n M a.py\n?? b.py\n\nRecent commits:\nf73c583 Begin]\n\n"
            "Be brief.",
        ),
        source=_RECORDED,
        patterns=(
            Pattern(
                "gitStatus: This is the git status at the start of the conversation.",
                r"(gitStatus: This is the git status at the start of the conversation\. Note that this status is a "
                r"snapshot in time, and will not update during the conversation\.\n)\n?Current branch: [^\n]*\n"
                r"(?:\nMain branch \(you will usually use this for PRs\): [^\n]*\n)?(?:\nGit user: [^\n]*\n)?"
                r"\nStatus:\n(?:\(clean\)\n|(?:[ MADRCUT?!]{1,2} [^\n]+\n)*)"
                r"\nRecent commits:(?:\n[0-9a-f]{7,40} [^\n]*)*",
                (_SYSTEM, _USER),
            ),
        ),
    ),
    BuiltInMask(
        name="claude-code-machine",
        client=_CLAUDE_CODE,
        api="messages",
        what="the version of the operating system, and the id of the installation in `metadata.user_id`",
        examples=(
            " - OS Version: [Linux 6.18.44]\n - You are powered by",
            "<env>\nOS Version: [Linux 6.18.44]\n</env>",
            '{"device_id":"[75af9e510493]","account_uuid":"","session_id":"2201b9ee-31b9"}',
            f"user_[{'1' * 64}]_account__session_2201b9ee",
        ),
        source=_RECORDED,
        patterns=(
            Pattern("OS Version: ", r"(?m)^( - OS Version: )[^\n]+$", (_SYSTEM,)),
            Pattern("OS Version: ", r"(?m)^(OS Version: )[^\n]+(?=\n</env>)", (_SYSTEM,)),
            Pattern('"device_id"', r'\A(\{"device_id": ?")\w+(?=")', path="metadata.user_id"),
            Pattern("user_", r"\A(user_)[0-9a-f]{64}(?=_account_)", path="metadata.user_id"),
        ),
    ),
    BuiltInMask(
        name="codex-environment",
        client=_CODEX,
        api="responses",
        what="the working directory and the folders of skills, also where else they stand; the date and the time zone",
        examples=(
            "<environment_context>\n  <cwd>[/home/alice/weather]</cwd>\n  <shell>bash</shell>\n"
            "  <current_date>[2026-11-30]</current_date>\n  <timezone>[Etc/UTC]</timezone>\n</environment_context>",
            "### Skill roots\n- `r0` = `[/home/alice/.codex/skills/.system]`\n### Available skills\n",
        ),
        source=f"{_CODEX_SOURCE}/src/environment_context.rs",
        patterns=(
            Pattern(
                "<environment_context>",
                rf"\A(<environment_context>\n  <cwd>){_DIRECTORY}(?=</cwd>)",
                (_USER,),
                spreads="directory",
            ),
            Pattern(
                "<current_date>",
                rf"{_ENVIRONMENT}\n  <current_date>)\d{{4}}-\d\d-\d\d(?=</current_date>\n)",
                (_USER,),
            ),
            Pattern("<timezone>", rf"{_ENVIRONMENT}\n  <timezone>)[^<\n]+(?=</timezone>\n)", (_USER,)),
            Pattern(
                "### Skill roots",
                rf"(?m)^(- `r\d+` = `){_DIRECTORY}(?=`$)",
                (_SYSTEM,),
                spreads="skills",
            ),
        ),
    ),
    BuiltInMask(
        name="codex-token-count",
        client=_CODEX,
        api="responses",
        what="the tokens of a command's output, which follow from the length of directories in it",
        examples=(
            "Chunk ID: 8fddeb\nWall time: 0.0512 seconds\nProcess exited with code 0\n"
            "Original token count: [88]\nOutput:\nok",
        ),
        source="https://github.com/openai/codex, codex-rs/core/src/tools/context.rs",
        patterns=(
            Pattern(
                "Original token count: ",
                r"\A((?:Chunk ID: [^\n]*\n)?Wall time: [^\n]*\n(?:Process [^\n]*\n)?Original token count: )\d+"
                r"(?=\nOutput:)",
                (_TOOL,),
            ),
        ),
    ),
    BuiltInMask(
        name="gemini-cli-environment",
        client=_GEMINI,
        api="gemini",
        what="the date; the working and the temporary directory, also where else they stand",
        examples=(
            "This is the Gemini CLI. We are setting up the context for our chat.\nToday's date is "
            "[Monday, November 30, 2026] (formatted according to the user's locale).\nMy operating system is: linux\n",
            "\nThe project's temporary directory is: [/home/alice/.gemini/tmp/weather]\n- ",
            "\n- **Workspace Directories:**\n  - [/home/alice/weather]\n- **Directory Structure:**\n",
            "My operating system is: linux\nI'm currently working in the directory: [/home/alice/weather]\nHere ",
        ),
        source=_GEMINI_SOURCE,
        patterns=(
            Pattern(
                "We are setting up the context for our chat.",
                r"(We are setting up the context for our chat\.\nToday's date is )[^\n]+?"
                r"(?= \(formatted according to the user's locale\)\.\n)",
                (_USER,),
            ),
            Pattern(
                "The project's temporary directory is: ",
                rf"(\nThe project's temporary directory is: ){_DIRECTORY}(?=\n)",
                (_USER,),
                spreads="temporary",
            ),
            Pattern(
                "- **Workspace Directories:**",
                rf"(\n- \*\*Workspace Directories:\*\*\n  - ){_DIRECTORY}(?=\n)",
                (_USER,),
                spreads="directory",
            ),
            Pattern(
                "I'm currently working in the directory: ",
                rf"(\nI'm currently working in the directory: ){_DIRECTORY}(?=\n)",
                (_USER,),
                spreads="directory",
            ),
        ),
    ),
    BuiltInMask(
        name="opencode-environment",
        client=_OPENCODE,
        api="",
        what="the working directory, also where else it stands; the date",
        examples=(
            "<env>\n  Working directory: [/home/alice/weather]\n  Workspace root folder: [/home/alice]\n"
            "  Is directory a git repo: yes\n  Platform: linux\n  Today's date: [Mon Nov 30 2026]\n</env>",
        ),
        source=_OPENCODE_SOURCE,
        patterns=(
            Pattern(
                "  Working directory: ",
                rf"(<env>\n  Working directory: ){_DIRECTORY}(?=\n)",
                (_SYSTEM,),
                spreads="directory",
            ),
            Pattern(
                "  Workspace root folder: ",
                rf"(<env>\n  Working directory: [^\n]*\n  Workspace root folder: ){_DIRECTORY}(?=\n)",
                (_SYSTEM,),
                spreads="workspace",
            ),
            Pattern(
                "  Today's date: ",
                rf"(\n  Today's date: ){_WEEKDAY} {_MONTH} \d\d \d{{4}}(?=\n)",
                (_SYSTEM,),
            ),
        ),
    ),
    BuiltInMask(
        name="aider-date",
        client="aider 0.86",
        api="",
        what="the date",
        examples=("\n- Shell: SHELL=/bin/bash\n- Current date: [2026-11-30]\n",),
        source="https://github.com/Aider-AI/aider, aider/coders/base_coder.py",
        patterns=(
            Pattern(
                "- Current date: ",
                r"(\n- Shell: [^\n]*\n(?:- [^\n]*\n)?- Current date: )\d{4}-\d\d-\d\d(?=\n)",
                (_SYSTEM,),
            ),
        ),
    ),
    BuiltInMask(
        name="cline-environment",
        client="Cline, Roo Code",
        api="",
        what="the time and the time zone; the working directory, also where else it stands",
        examples=(
            "<environment_details>\n# Current Time\n[11/30/2026, 9:04:05 AM (Europe/Berlin, UTC+1:00)]\n\n"
            "# Current Working Directory ([/home/alice/weather]) Files\na.py",
            "# Current Time\nCurrent time in ISO 8601 UTC format: [2026-11-30T09:04:05.045Z]\nUser time zone: "
            "[Europe/Berlin, UTC+1:00]\n\n# Current Workspace Directory ([/home/alice/weather]) Files\na.py",
        ),
        source="https://github.com/cline/cline, src/core/task/index.ts; https://github.com/RooCodeInc/Roo-Code",
        patterns=(
            Pattern(
                "# Current Time\n",
                r"(?m)^(# Current Time\n)\d[\d/., :]+(?:[AP]M )?\([^()\n]*, UTC[+-]\d{1,2}:\d\d\)$",
                (_USER, _TOOL),
            ),
            Pattern(
                "# Current Time\n",
                r"(?m)^(# Current Time\nCurrent time in ISO 8601 UTC format: )[\d:.T-]+Z()(\nUser time zone: )"
                r"[^\n]*, UTC[+-]\d{1,2}:\d\d$",
                (_USER, _TOOL),
            ),
            Pattern(
                "# Current Work",
                rf"(?m)^(# Current Work(?:ing|space) Directory \(){_DIRECTORY}(?=\) Files$)",
                (_USER, _TOOL),
                spreads="directory",
            ),
        ),
    ),
    BuiltInMask(
        name="crush-environment",
        client="Crush",
        api="",
        what="the working directory, also where else it stands; the date",
        examples=(
            "<env>\nWorking directory: [/home/alice/weather]\nIs directory a git repo: yes\nPlatform: linux\n"
            "Today's date: [11/30/2026]\n</env>",
        ),
        source="https://github.com/charmbracelet/crush, internal/agent/templates/coder.md.tpl",
        patterns=(
            Pattern(
                "\nWorking directory: ",
                rf"(<env>\nWorking directory: ){_DIRECTORY}(?=\n)",
                (_SYSTEM,),
                spreads="directory",
            ),
            Pattern("\nToday's date: ", r"(\nToday's date: )\d{1,2}/\d{1,2}/\d{4}(?=\n)", (_SYSTEM,)),
        ),
    ),
    BuiltInMask(
        name="command-times",
        client="every agent",
        api="",
        what="owner, group and time of files in the output of `ls -l`; the output of `date`",
        examples=(
            "total 8\n-rw-r--r-- 1 [alice staff    ]8 [Nov 30 09:04] README.md\n",
            "ok\n[Mon Nov 30 09:07:15 UTC 2026]\n",
        ),
        source="POSIX: ls, long output format; date, default format",
        patterns=(
            Pattern(
                "rw",
                rf"(?m)^([-dlcbps][-r][-w][-xsS][-r][-w][-xsS][-r][-w][-xtT][.+@]? +\d+ )(\S+ +\S+ +)(\d+ )"
                rf"{_MONTH} +\d{{1,2}} +(?:\d\d:\d\d|\d{{4}})(?= )",
                (_TOOL,),
            ),
            Pattern(
                ":",
                rf"(?m)^(){_WEEKDAY} {_MONTH} [ \d]\d \d\d:\d\d:\d\d (?:[AP]M )?[A-Z]{{3,5}} \d{{4}}$",
                (_TOOL,),
            ),
        ),
    ),
)
