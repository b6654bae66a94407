import base64
import json
import signal

import aiohttp

from tests.process.processes import program


async def test_the_local_discord_runs_as_a_process_and_is_steered_over_http():
    async with program("-m", "tests.fakes", environment={}, fresh=True) as discord:
        await discord.says("}")
        addresses = json.loads(discord.output)
        control = f"{addresses['origin']}/_control"

        async with aiohttp.ClientSession() as http:

            async def act(action: str, **wishes: object) -> dict[str, object]:
                async with http.post(f"{control}/{action}", json=wishes) as answer:
                    assert answer.status == 200, await answer.text()
                    return await answer.json()

            guild = await act("guild", boost_level=2)
            channel = await act("channel", guild_id=guild["id"], name="clips")
            user = await act("user", name="mira")
            await act("upload", filename="a.mp4", base64=base64.b64encode(b"x").decode())
            headers = {"Authorization": f"Bot {addresses['token']}"}
            base = f"{addresses['api_url']}/channels/{channel['id']}/messages"
            await act("fail", method="POST", path="/channels/*/messages", fault=["refused", 403, 1])
            for expected in (403, 200):
                async with http.post(base, json={"content": "hello"}, headers=headers) as answer:
                    assert answer.status == expected
            wishes = {"channel_id": channel["id"], "user_id": user["id"], "options": {}}
            async with http.post(f"{control}/use", json={"command": "no", **wishes}) as answer:
                assert "is not registered" in await answer.text()
            async with http.get(control) as answer:
                state = await answer.json()
        assert [call["status"] for call in state["calls"]] == [403, 200]
        assert [m["text"] for c in state["channels"] for m in c["messages"]] == ["hello"]
        discord.send(signal.SIGTERM)
        assert await discord.ends() == 0
