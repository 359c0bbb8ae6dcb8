import subprocess
import sys


def test_links_are_checked_without_an_engine_a_data_frame_or_the_network() -> None:
    program = (
        "import sys; from mmpsync.preflight.links import check_link, read_links; "
        "print({'ibis', 'duckdb', 'pandas', 'pyarrow', 'httpx'} & {*sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
