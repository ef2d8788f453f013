"""Runs compose's SQL on an embedded ClickHouse: init.sql with the topic as a plain table, FlowMessages and CounterSamples from files put into them.

usage: clickhouse.py INIT_SQL PROTO_FOLDER FLOWS COUNTERS; prints what flows.raw, flows.per_minute and flows.interfaces then hold, a JSON object a line.
"""
import re
import sys
import tempfile

from chdb import session

init, protos, flows, counters = sys.argv[1:]
with open(init, encoding="utf-8") as file:
    sql = file.read()
# no broker here: the rows come from an INSERT
sql = re.sub(r"ENGINE = Kafka\s+SETTINGS[^;]*;", "ENGINE = Memory;", sql)
with tempfile.TemporaryDirectory() as folder:
    db = session.Session(folder)
    for statement in sql.split(";\n"):
        if re.sub(r"--.*", "", statement).strip():
            db.query(statement)
    for table, file, message in (("topic", flows, "flow.proto:FlowMessage"), ("counter_topic", counters, "counter.proto:CounterSample")):
        columns = [row.split("\t") for row in db.query(
            f"SELECT name, type FROM system.columns WHERE database = 'flows' AND table = '{table}' ORDER BY position", "TSVRaw").bytes().decode().splitlines()]
        structure = ", ".join(f"{name} {kind}" for name, kind in columns)
        db.query(f"INSERT INTO flows.{table} SELECT {', '.join(name for name, _ in columns)} FROM file('{file}', 'Protobuf', '{structure}') "
                 f"SETTINGS format_schema = '{protos}/{message}'")
    print(db.query("SELECT * FROM flows.raw ORDER BY time, src_addr, dst_addr, src_port, bytes", "JSONEachRow").bytes().decode(), end="")
    print(db.query("SELECT sum(flows) AS flows, sum(bytes) AS bytes FROM flows.per_minute", "JSONEachRow").bytes().decode(), end="")
    print(db.query("SELECT * EXCEPT time FROM flows.interfaces ORDER BY time, if_index", "JSONEachRow").bytes().decode(), end="")
