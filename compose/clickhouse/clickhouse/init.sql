-- Flows from Kafka: a table that reads the topic, one that keeps the flows, one that sums them up per minute.
CREATE DATABASE IF NOT EXISTS flows;

-- The columns are fields of FlowMessage (proto/flow.proto) by name; a field that is added here is read as soon as the table is made again.
CREATE TABLE IF NOT EXISTS flows.topic
(
    type Int32,
    time_received_ns UInt64,
    time_flow_start_ns UInt64,
    time_flow_end_ns UInt64,
    sequence_num UInt32,
    sampling_rate UInt64,
    sampler_address String,
    bytes UInt64,
    packets UInt64,
    src_addr String,
    dst_addr String,
    etype UInt32,
    proto UInt32,
    src_port UInt32,
    dst_port UInt32,
    in_if UInt32,
    out_if UInt32,
    tcp_flags UInt32,
    src_as UInt32,
    dst_as UInt32,
    src_country String,
    dst_country String
)
ENGINE = Kafka
SETTINGS
    kafka_broker_list = 'kafka:9092',
    kafka_topic_list = 'flow-messages',
    kafka_group_name = 'clickhouse',
    kafka_format = 'Protobuf',
    kafka_schema = 'flow.proto:FlowMessage',
    kafka_max_block_size = 65536;

CREATE TABLE IF NOT EXISTS flows.raw
(
    time DateTime64(3),
    type Enum8('FLOWUNKNOWN' = 0, 'SFLOW_5' = 1, 'NETFLOW_V5' = 2, 'NETFLOW_V9' = 3, 'IPFIX' = 4, 'NETFLOW_V1' = 101, 'NETFLOW_V7' = 107),
    flow_start DateTime64(3),
    flow_end DateTime64(3),
    exporter IPv6,
    sampling_rate UInt64,
    bytes UInt64,
    packets UInt64,
    src_addr IPv6,
    dst_addr IPv6,
    etype UInt32,
    proto UInt8,
    src_port UInt16,
    dst_port UInt16,
    in_if UInt32,
    out_if UInt32,
    tcp_flags UInt16,
    src_as UInt32,
    dst_as UInt32,
    src_country LowCardinality(String),
    dst_country LowCardinality(String)
)
ENGINE = MergeTree
PARTITION BY toDate(time)
ORDER BY (exporter, time)
TTL toDateTime(time) + INTERVAL 7 DAY;

-- Addresses of 4 bytes become ::ffff:a.b.c.d, as ClickHouse's IPv6 has them; a rate that is not known counts as 1.
CREATE MATERIALIZED VIEW IF NOT EXISTS flows.topic_to_raw TO flows.raw AS
SELECT
    fromUnixTimestamp64Milli(toInt64(intDiv(time_received_ns, 1000000))) AS time,
    CAST(type, 'Enum8(\'FLOWUNKNOWN\' = 0, \'SFLOW_5\' = 1, \'NETFLOW_V5\' = 2, \'NETFLOW_V9\' = 3, \'IPFIX\' = 4, \'NETFLOW_V1\' = 101, \'NETFLOW_V7\' = 107)') AS type,
    fromUnixTimestamp64Milli(toInt64(intDiv(time_flow_start_ns, 1000000))) AS flow_start,
    fromUnixTimestamp64Milli(toInt64(intDiv(time_flow_end_ns, 1000000))) AS flow_end,
    toIPv6(IPv6NumToString(toFixedString(if(length(sampler_address) = 16, sampler_address, concat(unhex('00000000000000000000FFFF'), leftPad(sampler_address, 4, '\0'))), 16))) AS exporter,
    greatest(sampling_rate, 1) AS sampling_rate,
    bytes,
    packets,
    toIPv6(IPv6NumToString(toFixedString(if(length(src_addr) = 16, src_addr, concat(unhex('00000000000000000000FFFF'), leftPad(src_addr, 4, '\0'))), 16))) AS src_addr,
    toIPv6(IPv6NumToString(toFixedString(if(length(dst_addr) = 16, dst_addr, concat(unhex('00000000000000000000FFFF'), leftPad(dst_addr, 4, '\0'))), 16))) AS dst_addr,
    etype,
    toUInt8(proto) AS proto,
    toUInt16(src_port) AS src_port,
    toUInt16(dst_port) AS dst_port,
    in_if,
    out_if,
    toUInt16(tcp_flags) AS tcp_flags,
    src_as,
    dst_as,
    src_country,
    dst_country
FROM flows.topic;

CREATE TABLE IF NOT EXISTS flows.per_minute
(
    minute DateTime,
    exporter IPv6,
    in_if UInt32,
    out_if UInt32,
    src_as UInt32,
    dst_as UInt32,
    proto UInt8,
    bytes UInt64,
    packets UInt64,
    flows UInt64
)
ENGINE = SummingMergeTree
PARTITION BY toYYYYMM(minute)
ORDER BY (minute, exporter, in_if, out_if, src_as, dst_as, proto)
TTL minute + INTERVAL 1 YEAR;

-- Counters are scaled by the sampling rate here, so that rollups of several exporters add up.
CREATE MATERIALIZED VIEW IF NOT EXISTS flows.raw_to_per_minute TO flows.per_minute AS
SELECT
    toStartOfMinute(time) AS minute,
    exporter,
    in_if,
    out_if,
    src_as,
    dst_as,
    proto,
    sum(bytes * sampling_rate) AS bytes,
    sum(packets * sampling_rate) AS packets,
    count() AS flows
FROM flows.raw
GROUP BY minute, exporter, in_if, out_if, src_as, dst_as, proto;

-- What sFlow agents count of their interfaces (proto/counter.proto), from a topic of its own.
CREATE TABLE IF NOT EXISTS flows.counter_topic
(
    time_received_ns UInt64,
    agent String,
    if_name String,
    generic_interface Tuple(if_index UInt32, if_speed UInt64, if_in_octets UInt64, if_out_octets UInt64, if_in_errors UInt32, if_out_errors UInt32, if_in_discards UInt32, if_out_discards UInt32)
)
ENGINE = Kafka
SETTINGS
    kafka_broker_list = 'kafka:9092',
    kafka_topic_list = 'counters',
    kafka_group_name = 'clickhouse',
    kafka_format = 'Protobuf',
    kafka_schema = 'counter.proto:CounterSample';

CREATE TABLE IF NOT EXISTS flows.interfaces
(
    time DateTime64(3),
    exporter IPv6,
    if_index UInt32,
    if_name LowCardinality(String),
    if_speed UInt64,
    in_octets UInt64,
    out_octets UInt64,
    in_errors UInt32,
    out_errors UInt32,
    in_discards UInt32,
    out_discards UInt32
)
ENGINE = MergeTree
PARTITION BY toDate(time)
ORDER BY (exporter, if_index, time)
TTL toDateTime(time) + INTERVAL 90 DAY;

CREATE MATERIALIZED VIEW IF NOT EXISTS flows.counter_topic_to_interfaces TO flows.interfaces AS
SELECT
    fromUnixTimestamp64Milli(toInt64(intDiv(time_received_ns, 1000000))) AS time,
    toIPv6(IPv6NumToString(toFixedString(if(length(agent) = 16, agent, concat(unhex('00000000000000000000FFFF'), leftPad(agent, 4, '\0'))), 16))) AS exporter,
    generic_interface.if_index AS if_index,
    if_name,
    generic_interface.if_speed AS if_speed,
    generic_interface.if_in_octets AS in_octets,
    generic_interface.if_out_octets AS out_octets,
    generic_interface.if_in_errors AS in_errors,
    generic_interface.if_out_errors AS out_errors,
    generic_interface.if_in_discards AS in_discards,
    generic_interface.if_out_discards AS out_discards
FROM flows.counter_topic
WHERE generic_interface.if_index > 0;
