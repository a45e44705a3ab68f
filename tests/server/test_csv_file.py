"""What a spreadsheet finds in a file of ours: titles in its language, numbers as they are, and no formulas."""

from config.model import Text
from monitor.server.csv_file import csv_file
from monitor.store.export import Language

HEAD = (Text("zone", "区域"), Text("figure", "数值"))


def test_what_a_person_wrote_is_never_a_formula() -> None:
    rows = [("=1+1", -0.25), ("+1", None), ("@SUM(A1)", 1), ("-SUM(A1)", "-0.5"), ("\t=1", 2), ("A-1", 0.1)]
    file = bytes(csv_file(HEAD, rows, Language.EN).body).decode()
    assert file == "zone,figure\n'=1+1,-0.25\n'+1,\n'@SUM(A1),1\n'-SUM(A1),-0.5\n'\t=1,2\nA-1,0.1\n"


def test_a_chinese_header_comes_behind_a_mark() -> None:
    assert bytes(csv_file(HEAD, [], Language.ZH).body).decode() == "\ufeff区域,数值\n"
