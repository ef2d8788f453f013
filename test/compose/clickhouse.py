"""Runs compose's SQL on an embedded ClickHouse: init.sql with the topic as a plain table, FlowMessages from a file put into it.

usage: clickhouse.py INIT_SQL PROTO_FOLDER FLOWS; prints what flows.raw and flows.per_minute then hold, a JSON object a line.
"""
import re
import sys
import tempfile

from chdb import session

init, protos, flows = sys.argv[1:]
with open(init, encoding="utf-8") as file:
    sql = file.read()
# no broker here: the rows come from an INSERT
sql = re.sub(r"ENGINE = Kafka\s+SETTINGS[^;]*;", "ENGINE = Memory;", sql)
with tempfile.TemporaryDirectory() as folder:
    db = session.Session(folder)
    for statement in sql.split(";\n"):
        if re.sub(r"--.*", "", statement).strip():
            db.query(statement)
    columns = db.query("SELECT name FROM system.columns WHERE database = 'flows' AND table = 'topic' ORDER BY position", "TSV").bytes().decode().split()
    structure = ", ".join(f"{name} {kind}" for name, kind in (row.split("\t") for row in db.query(
        "SELECT name, type FROM system.columns WHERE database = 'flows' AND table = 'topic' ORDER BY position", "TSV").bytes().decode().splitlines()))
    db.query(f"INSERT INTO flows.topic SELECT {', '.join(columns)} FROM file('{flows}', 'Protobuf', '{structure}') "
             f"SETTINGS format_schema = '{protos}/flow.proto:FlowMessage'")
    print(db.query("SELECT * FROM flows.raw ORDER BY time, src_addr, dst_addr, src_port, bytes", "JSONEachRow").bytes().decode(), end="")
    print(db.query("SELECT sum(flows) AS flows, sum(bytes) AS bytes FROM flows.per_minute", "JSONEachRow").bytes().decode(), end="")
