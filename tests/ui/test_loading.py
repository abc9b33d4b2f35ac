"""What the addon brings into mitmproxy when its script is loaded, and loaded again."""

from __future__ import annotations

from mitmproxy import types
from mitmproxy.test import taddons

from aicache.addon import AICache
from ui.views import names


def test_a_script_that_is_loaded_again_brings_its_commands_and_its_view_anew() -> None:
    with taddons.context() as context:
        for _ in range(2):
            addon = AICache()
            context.master.addons.add(addon)
            commands = context.master.commands
            assert commands.execute("aicache.bypass on").startswith("aicache.bypass is on")
            assert commands.execute("aicache.stats")[-1].startswith("aicache.bypass is on")
            context.master.addons.remove(addon)

    assert "ai cache" in names()


def test_every_command_says_what_it_does_and_takes_what_mitmproxy_knows() -> None:
    with taddons.context(AICache()) as context:
        ours = {name: each for name, each in context.master.commands.commands.items() if name.startswith("aicache.")}

        assert len(ours) == 16
        for name, each in ours.items():
            assert each.help, name
            assert each.signature_help()
            assert all(types.CommandTypes.get(parameter.type) for parameter in each.parameters)
