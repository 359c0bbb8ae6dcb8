"""Exports in object storage, on real servers on loopback: read like files, called by their URLs, and gone at the end."""

import gzip
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from gcp_storage_emulator.server import create_server
from gcsfs.core import GCSFileSystem
from moto.server import ThreadedMotoServer
from s3fs import S3FileSystem

import mmpsync
from mmpsync.engines.object_storage import ObjectStorage
from mmpsync.errors import ConfigError, InputError, MissingExtraError

Put = Callable[[dict[str, str | bytes]], tuple[str, Path]]
SAMPLES = Path(__file__).parents[2] / "sample_exports"
AS_OF = "2026-03-20T00:00:00Z"
SECRET = "not-a-real-secret"
HEADER = "Event Name,Event Time,Media Source,Original URL,Event Value,AppsFlyer ID,App ID\n"


def row(number: int) -> str:
    """A sound purchase of impact.com's."""
    order = f'"{{""af_order_id"": ""O{number}""}}"'
    link = f"https://x.example/?clickid=A{number}"
    return f"af_purchase,2026-03-02 10:00:00,impactradius_int,{link},{order},d{number},id1\n"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """An S3 with one bucket, `acme`, and whatever it takes in the environment to reach it."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        environment.setenv("AWS_ACCESS_KEY_ID", "testing")
        environment.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
        environment.setenv("AWS_DEFAULT_REGION", "us-east-1")
        S3FileSystem(skip_instance_cache=True).mkdir("acme")
        yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(endpoint: str) -> S3FileSystem:  # noqa: ARG001  it tells the environment where to look
    """The S3 that tests write to."""
    return S3FileSystem(skip_instance_cache=True, use_listings_cache=False)


@pytest.fixture
def folder(bucket: S3FileSystem, tmp_path: Path) -> Put:
    """Put files, name → content, into a folder of the bucket and one on disk: the URL and the path."""

    def put(files: dict[str, str | bytes]) -> tuple[str, Path]:
        name = f"acme/{tmp_path.name}"
        for file, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            bucket.pipe_file(f"{name}/{file}", data)
            here = tmp_path / "here" / file
            here.parent.mkdir(parents=True, exist_ok=True)
            here.write_bytes(data)
        return f"s3://{name}", tmp_path / "here"

    return put


def rows(run: mmpsync.Run, above: str) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every file of a run, without what stands above the files that it was made of."""
    assert run.directory is not None
    found = {}
    for file in sorted(run.directory.glob("*.parquet")):
        table = duckdb.sql(f"FROM '{file}'")
        found[file.name] = [
            tuple(str(cell).replace(above, "") for cell in row) for row in table.order("ALL").fetchall()
        ]
    found["unreadable"] = [((run.directory / "unreadable.csv").read_text("utf-8").replace(above, ""),)]
    return found


def test_exports_of_all_sources_give_the_same_rows_as_on_disk(bucket: S3FileSystem, tmp_path: Path) -> None:
    options: dict[str, Any] = {"config": SAMPLES / "mmpsync.toml", "as_of": AS_OF}
    for source in ("adjust", "appsflyer", "branch", "impact", "kochava", "segment"):
        bucket.put(str(SAMPLES / source), f"acme/samples/{source}", recursive=True)
    there = mmpsync.reconcile("s3://acme/samples", out=tmp_path / "there", **options)
    here = mmpsync.reconcile(
        [str(SAMPLES / name.rpartition("/")[2]) for name in bucket.ls("acme/samples")],
        out=tmp_path / "here",
        **options,
    )
    assert there.summary == here.summary
    assert rows(there, "s3://acme/samples") == rows(here, str(SAMPLES))
    assert [file.path.removeprefix("s3://acme/samples") for file in there.files] == [
        file.path.removeprefix(str(SAMPLES)) for file in here.files
    ]


def test_broken_files_are_mended_and_complained_of_under_their_urls(folder: Put, tmp_path: Path) -> None:
    lines = HEADER + row(1) + row(2)
    url, here = folder(
        {
            "short.csv": HEADER + row(3) + "af_purchase,2026-03-02\n" + row(4),
            "mixed.csv": HEADER + row(5) + row(6).replace("\n", "\r\n") + row(7),
            "wide.csv": lines.encode("utf-16"),
            "packed.csv.gz": gzip.compress(lines.replace("A1", "A8").replace("A2", "A9").encode(), mtime=0),
            "open.csv": HEADER + row(10) + '"af_purchase,2026',
            "records.jsonl": '{"event_name": "af_purchase", "event_time": "2026-03-02 10:00:00", "media_source":'
            ' "impactradius_int", "appsflyer_id": "d11", "app_id": "id1", "original_url": "x?clickid=A11",'
            ' "event_value": null}\nno json\n',
        }
    )
    there = mmpsync.reconcile(url, as_of=AS_OF, out=tmp_path / "run_there")
    local = mmpsync.reconcile(here, as_of=AS_OF, out=tmp_path / "run_here")
    assert there.summary.count("unreadable") == 3
    assert rows(there, url) == rows(local, str(here))


@pytest.mark.parametrize(
    "name", ["a b.csv", "ä.csv", "a[1]*?.csv", "a#b%20c.csv", "t=x/dt=2026-03-01/h=1/it's.csv"]
)
def test_any_key_names_a_file(folder: Put, tmp_path: Path, name: str) -> None:
    url, _ = folder({name: HEADER + row(1)})
    for given in (url, f"{url}/{name}"):
        run = mmpsync.reconcile(given, as_of=AS_OF, out=tmp_path / "run")
        assert [(file.path, file.rows) for file in run.files] == [(f"{url}/{name}", 1)]
        assert set(run.clean()["source_file"]) == {f"{url}/{name}"}


def test_patterns_and_folders_are_searched_and_markers_passed_over(folder: Put) -> None:
    text = HEADER + row(1)
    others: dict[str, str | bytes] = {
        "_SUCCESS": "",
        "b/_temporary/c.csv": text,
        "b/.hidden.csv": text,
        "notes.md": "x",
    }
    url, _ = folder({"a/1.csv": text, "b/2.csv": text, "b/c/3.csv": text, **others})
    found = {
        given: [file.path.removeprefix(url) for file in mmpsync.reconcile(given, as_of=AS_OF).files]
        for given in (url, f"{url}/", f"{url}/b", f"{url}/*/*.csv", f"{url}/**/3.csv", f"{url}/?")
    }
    assert found == {
        url: ["/a/1.csv", "/b/2.csv", "/b/c/3.csv"],
        f"{url}/": ["/a/1.csv", "/b/2.csv", "/b/c/3.csv"],
        f"{url}/b": ["/b/2.csv", "/b/c/3.csv"],
        f"{url}/*/*.csv": ["/a/1.csv", "/b/2.csv"],
        f"{url}/**/3.csv": ["/b/c/3.csv"],
        f"{url}/?": ["/a/1.csv", "/b/2.csv", "/b/c/3.csv"],
    }


def test_many_files_keep_their_names_and_nothing_stays_on_disk(folder: Put, tmp_path: Path) -> None:
    url, _ = folder({f"{n:03}.csv": HEADER + row(n) for n in range(150)})
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    config = {"engine": {"temp_directory": str(scratch)}}
    run = mmpsync.reconcile(url, as_of=AS_OF, out=tmp_path / "run", config=config)
    clean = run.clean()
    assert sorted(zip(clean["source_file"], clean["click_id"], strict=True)) == [
        (f"{url}/{n:03}.csv", f"A{n}") for n in range(150)
    ]
    assert not list(scratch.iterdir())


def test_what_is_not_there_is_said(folder: Put) -> None:
    url, _ = folder({"a.csv": HEADER + row(1)})
    for missing in (f"{url}/b.csv", f"{url}/*.parquet", "s3://nobody/exports"):
        with pytest.raises(InputError) as error:
            mmpsync.reconcile(missing, as_of=AS_OF)
        assert str(error.value) == f"{missing}: no file is there, or none matches"


def test_of_files_that_are_fetched_together_the_one_that_cannot_be_is_named(
    folder: Put, bucket: S3FileSystem, tmp_path: Path
) -> None:
    url, _ = folder({name: HEADER + row(1) for name in ("a.csv", "b.csv", "c.csv")})
    storage = ObjectStorage(tmp_path / "fetched")
    assert len(storage.find(url)) == 3
    bucket.rm(f"{url}/b.csv")
    for name in ("a.csv", "c.csv"):
        assert storage.local(f"{url}/{name}").read_text() == HEADER + row(1)
    with pytest.raises(InputError, match=f"^{url}/b.csv: no file is there"):
        storage.local(f"{url}/b.csv")


def test_damaged_parquet_is_named_by_its_url(
    folder: Put,
) -> None:
    sound = next((SAMPLES / "appsflyer_data_locker").rglob("*.parquet")).read_bytes()
    at = len(sound) // 3
    url, _ = folder({"a.parquet": sound[:at] + bytes(200) + sound[at + 200 :]})
    with pytest.raises(InputError, match=f"^{url}/a.parquet: ") as error:
        mmpsync.reconcile(url, as_of=AS_OF)
    assert "fetched/" not in str(error.value)


def test_a_store_that_does_not_answer_is_an_error_without_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{nobody.getsockname()[1]}")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
        monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
        with pytest.raises(
            InputError, match=r"s3://acme/exports: cannot be read: .*credentials and endpoint"
        ) as error:
            mmpsync.reconcile("s3://acme/exports", as_of=AS_OF)
    assert SECRET not in str(error.value)


@pytest.mark.usefixtures("endpoint")
def test_without_credentials_it_is_said_where_they_are_looked_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(InputError, match="credentials and endpoint are those of the environment"):
        mmpsync.reconcile("s3://acme/exports", as_of=AS_OF)


@pytest.mark.parametrize(
    ("url", "module", "extra"), [("s3://a/b", "s3fs", "s3"), ("gs://a/b", "gcsfs.core", "gcs")]
)
def test_a_missing_extra_is_named_with_what_installs_it(
    monkeypatch: pytest.MonkeyPatch, url: str, module: str, extra: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError, match=rf"{url}: .*pip install 'mmpsync\[{extra}\]'"):
        mmpsync.reconcile(url, as_of=AS_OF)


def test_a_password_in_a_url_is_refused_and_not_repeated() -> None:
    with pytest.raises(InputError, match="has a password in it") as error:
        mmpsync.reconcile(f"s3://testing:{SECRET}@acme/exports", as_of=AS_OF)
    assert SECRET not in str(error.value)


def test_other_schemes_are_refused_with_what_to_do() -> None:
    with pytest.raises(
        InputError, match=r"hdfs://a/b: mmpsync reads local files, s3:// and gs://; copy .*--engine spark"
    ):
        mmpsync.reconcile("hdfs://a/b", as_of=AS_OF)


def test_a_full_disk_is_no_fault_of_the_files(folder: Put, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    url, _ = folder({"a.csv": HEADER + row(1)})
    monkeypatch.setattr(S3FileSystem, "get", refuse)
    with pytest.raises(ConfigError, match=f"no room to fetch {url}/a.csv; give --temp-dir"):
        mmpsync.reconcile(url, as_of=AS_OF)


def test_google_cloud_storage_is_read_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = create_server("127.0.0.1", port, in_memory=True, default_bucket="acme")
    server.start()
    try:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", f"http://127.0.0.1:{port}")
        GCSFileSystem(skip_instance_cache=True).pipe_file("acme/exports/a b.csv", (HEADER + row(1)).encode())
        run = mmpsync.reconcile("gs://acme/exports", as_of=AS_OF, out=tmp_path / "run")
        assert list(run.clean()["source_file"]) == ["gs://acme/exports/a b.csv"]
    finally:
        server.stop()
