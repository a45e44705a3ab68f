"""The built dashboard's files."""

from tests.server.conftest import Running


async def test_a_dashboard_that_is_not_built_says_how(server: Running) -> None:
    async with server.client() as client:
        page = await client.get("/")
        missing = await client.get("/assets/index-1a2b.js")
    assert page.status_code == 200
    assert "make setup" in page.text
    assert "仪表板尚未构建" in page.text
    assert missing.status_code == 404


async def test_hashed_files_are_kept_and_the_page_is_asked_for_again(server: Running) -> None:
    built = server.service.settings.dashboard
    (built / "assets").mkdir(parents=True)
    (built / "index.html").write_text("<!doctype html>built")
    (built / "assets" / "index-1a2b.js").write_text("export {}")
    async with server.client() as client:
        page = await client.get("/")
        script = await client.get("/assets/index-1a2b.js")
        again = await client.get("/", headers={"If-None-Match": page.headers["etag"]})
        posted = await client.post("/")
    assert page.text.endswith("built")
    assert page.headers["cache-control"] == "no-cache"
    assert "immutable" in script.headers["cache-control"]
    assert "javascript" in script.headers["content-type"]
    assert again.status_code == 304
    assert posted.status_code == 401


async def test_no_way_leads_out_of_the_folder(server: Running) -> None:
    settings = server.service.settings
    settings.dashboard.mkdir()
    (settings.dashboard / "index.html").write_text("built")
    (settings.data / "collector.token").write_text("secret")
    async with server.client() as client:
        for way in ("/%2e%2e", "/assets/..%2f..", "/%2f..", "/assets/%2e%2e/%2e%2e"):
            answer = await client.get(f"{way}/collector.token")
            assert answer.status_code == 404, way
            assert "secret" not in answer.text
