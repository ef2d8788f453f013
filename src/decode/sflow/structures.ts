/** The records of sFlow samples: name and layout (xdr.ts) by enterprise · 4096 + format. */
import { lazy } from '../../flow/lazy.js'
import { type Structure, structureOf } from './xdr.js'

/** sFlow v5 section 5, "Flow data types", and the tunnel, NAT, drops and queue structures that followed. */
const FLOW_LAYOUTS: Record<number, string> = {
  1: 'sampled_header header_protocol:u32 frame_length:u32 stripped:u32 header:opaque',
  2: 'sampled_ethernet length:u32 src_mac:mac dst_mac:mac type:u32',
  3: 'sampled_ipv4 length:u32 protocol:u32 src_ip:ip4 dst_ip:ip4 src_port:u32 dst_port:u32 tcp_flags:u32 tos:u32',
  4: 'sampled_ipv6 length:u32 protocol:u32 src_ip:ip6 dst_ip:ip6 src_port:u32 dst_port:u32 tcp_flags:u32 priority:u32',
  1001: 'extended_switch src_vlan:u32 src_priority:u32 dst_vlan:u32 dst_priority:u32',
  1002: 'extended_router next_hop:address src_mask_len:u32 dst_mask_len:u32',
  1003: 'extended_gateway next_hop:address as:u32 src_as:u32 src_peer_as:u32 as_path:path[] communities:u32[] local_pref:u32',
  1004: 'extended_user src_charset:u32 src_user:string dst_charset:u32 dst_user:string',
  1005: 'extended_url direction:u32 url:string host:string',
  1006: 'extended_mpls next_hop:address in_stack:u32[] out_stack:u32[]',
  1007: 'extended_nat src_address:address dst_address:address',
  1008: 'extended_mpls_tunnel tunnel_name:string tunnel_id:u32 tunnel_cos:u32',
  1009: 'extended_mpls_vc vc_instance_name:string vll_vc_id:u32 vc_label_cos:u32',
  1010: 'extended_mpls_ftn mpls_ftn_descr:string mpls_ftn_mask:u32',
  1011: 'extended_mpls_ldp_fec mpls_fec_addr_prefix_length:u32',
  1012: 'extended_vlan_tunnel stack:u32[]',
  1020: 'extended_nat_port src_port:u32 dst_port:u32',
  1021: 'extended_l2_tunnel_egress header:ethernet',
  1022: 'extended_l2_tunnel_ingress header:ethernet',
  1023: 'extended_ipv4_tunnel_egress header:ipv4',
  1024: 'extended_ipv4_tunnel_ingress header:ipv4',
  1025: 'extended_ipv6_tunnel_egress header:ipv6',
  1026: 'extended_ipv6_tunnel_ingress header:ipv6',
  1027: 'extended_decapsulate_egress inner_header_offset:u32',
  1028: 'extended_decapsulate_ingress inner_header_offset:u32',
  1029: 'extended_vni_egress vni:u32',
  1030: 'extended_vni_ingress vni:u32',
  1036: 'extended_egress_queue queue:u32',
  1037: 'extended_acl number:u32 name:string direction:u32',
  1038: 'extended_function symbol:string'
}

/** Broadcom's and NVIDIA's number among enterprises, which their structures have above the format. */
const BROADCOM = 4413 << 12
const NVIDIA = 5703 << 12

/**
 * sFlow v5 section 5, "Counter data types", and the structures of sflow.org for 802.11, LAGs, optical modules, queues, OpenFlow, hosts, virtual
 * machines, applications, power and Broadcom's and NVIDIA's chips. c32 and c64 only ever count up, and wrap; what is u32, u64 goes up and down.
 */
const COUNTER_LAYOUTS: Record<number, string> = {
  1:
    'generic_interface if_index:u32 if_type:u32 if_speed:u64 if_direction:u32 if_status:u32 if_in_octets:c64 if_in_ucast_pkts:c32 ' +
    'if_in_multicast_pkts:c32 if_in_broadcast_pkts:c32 if_in_discards:c32 if_in_errors:c32 if_in_unknown_protos:c32 ' +
    'if_out_octets:c64 if_out_ucast_pkts:c32 if_out_multicast_pkts:c32 if_out_broadcast_pkts:c32 if_out_discards:c32 ' +
    'if_out_errors:c32 if_promiscuous_mode:u32',
  2:
    'ethernet_interface alignment_errors:c32 fcs_errors:c32 single_collision_frames:c32 multiple_collision_frames:c32 ' +
    'sqe_test_errors:c32 deferred_transmissions:c32 late_collisions:c32 excessive_collisions:c32 internal_mac_transmit_errors:c32 ' +
    'carrier_sense_errors:c32 frame_too_longs:c32 internal_mac_receive_errors:c32 symbol_errors:c32',
  3:
    'token_ring line_errors:c32 burst_errors:c32 ac_errors:c32 abort_trans_errors:c32 internal_errors:c32 lost_frame_errors:c32 ' +
    'receive_congestions:c32 frame_copied_errors:c32 token_errors:c32 soft_errors:c32 hard_errors:c32 signal_loss:c32 ' +
    'transmit_beacons:c32 recoverys:c32 lobe_wires:c32 removes:c32 singles:c32 freq_errors:c32',
  4:
    'vg_interface in_high_priority_frames:c32 in_high_priority_octets:c64 in_norm_priority_frames:c32 in_norm_priority_octets:c64 ' +
    'in_ipm_errors:c32 in_oversize_frame_errors:c32 in_data_errors:c32 in_null_addressed_frames:c32 out_high_priority_frames:c32 ' +
    'out_high_priority_octets:c64 transition_into_trainings:c32 hc_in_high_priority_octets:c64 hc_in_norm_priority_octets:c64 ' +
    'hc_out_high_priority_octets:c64',
  5: 'vlan vlan_id:u32 octets:c64 ucast_pkts:c32 multicast_pkts:c32 broadcast_pkts:c32 discards:c32',
  6:
    'ieee80211 transmitted_fragment_count:c32 multicast_transmitted_frame_count:c32 failed_count:c32 retry_count:c32 ' +
    'multiple_retry_count:c32 frame_duplicate_count:c32 rts_success_count:c32 rts_failure_count:c32 ack_failure_count:c32 ' +
    'received_fragment_count:c32 multicast_received_frame_count:c32 fcs_error_count:c32 transmitted_frame_count:c32 ' +
    'wep_undecryptable_count:c32 qos_discarded_fragment_count:c32 associated_station_count:u32 qos_cf_polls_received_count:c32 ' +
    'qos_cf_polls_unused_count:c32 qos_cf_polls_unusable_count:c32 qos_cf_polls_lost_count:c32',
  7:
    'lag_port actor_system_id:mac partner_oper_system_id:mac attached_agg_id:u32 port_state:u32 lacpdus_rx:c32 marker_pdus_rx:c32 ' +
    'marker_response_pdus_rx:c32 unknown_rx:c32 illegal_rx:c32 lacpdus_tx:c32 marker_pdus_tx:c32 marker_response_pdus_tx:c32',
  8: 'slow_path unknown:c32 other:c32 cam_miss:c32 cam_full:c32 no_hw_support:c32 cntrl:c32',
  10: 'sfp module_id:u32 module_num_lanes:u32 module_supply_voltage:u32 module_temperature:i32 lanes:lane[]',
  1001: 'processor cpu_5s:u32 cpu_1m:u32 cpu_5m:u32 total_memory:u64 free_memory:u64',
  1002: 'radio_utilization elapsed_time:c32 on_channel_time:c32 on_channel_busy_time:c32',
  1003:
    'queue_length queue_index:u32 segment_size:u32 queue_segments:u32 queue_length_0:c32 queue_length_1:c32 queue_length_2:c32 ' +
    'queue_length_4:c32 queue_length_8:c32 queue_length_32:c32 queue_length_128:c32 queue_length_1024:c32 queue_length_more:c32 ' +
    'dropped:c32',
  1004: 'of_port datapath_id:u64 port_no:u32',
  1005: 'port_name name:string',
  2000: 'host_descr hostname:string uuid:opaque16 machine_type:u32 os_name:u32 os_release:string',
  2001: 'host_adapters adapters:adapter[]',
  2002: 'host_parent container_type:u32 container_index:u32',
  2003:
    'host_cpu load_one:f32 load_five:f32 load_fifteen:f32 proc_run:u32 proc_total:u32 cpu_num:u32 cpu_speed:u32 uptime:u32 ' +
    'cpu_user:c32 cpu_nice:c32 cpu_system:c32 cpu_idle:c32 cpu_wio:c32 cpu_intr:c32 cpu_sintr:c32 interrupts:c32 contexts:c32 ' +
    'cpu_steal:c32 cpu_guest:c32 cpu_guest_nice:c32',
  2004:
    'host_memory mem_total:u64 mem_free:u64 mem_shared:u64 mem_buffers:u64 mem_cached:u64 swap_total:u64 swap_free:u64 page_in:c32 ' +
    'page_out:c32 swap_in:c32 swap_out:c32',
  2005:
    'host_disk_io disk_total:u64 disk_free:u64 part_max_used:u32 reads:c32 bytes_read:c64 read_time:c32 writes:c32 ' +
    'bytes_written:c64 write_time:c32',
  2006: 'host_net_io bytes_in:c64 pkts_in:c32 errs_in:c32 drops_in:c32 bytes_out:c64 pkts_out:c32 errs_out:c32 drops_out:c32',
  2007:
    'mib2_ip_group ip_forwarding:u32 ip_default_ttl:u32 ip_in_receives:c32 ip_in_hdr_errors:c32 ip_in_addr_errors:c32 ' +
    'ip_forw_datagrams:c32 ip_in_unknown_protos:c32 ip_in_discards:c32 ip_in_delivers:c32 ip_out_requests:c32 ip_out_discards:c32 ' +
    'ip_out_no_routes:c32 ip_reasm_timeout:u32 ip_reasm_reqds:c32 ip_reasm_oks:c32 ip_reasm_fails:c32 ip_frag_oks:c32 ' +
    'ip_frag_fails:c32 ip_frag_creates:c32',
  2008:
    'mib2_icmp_group icmp_in_msgs:c32 icmp_in_errors:c32 icmp_in_dest_unreachs:c32 icmp_in_time_excds:c32 icmp_in_param_probs:c32 ' +
    'icmp_in_src_quenchs:c32 icmp_in_redirects:c32 icmp_in_echos:c32 icmp_in_echo_reps:c32 icmp_in_timestamps:c32 ' +
    'icmp_in_addr_masks:c32 icmp_in_addr_mask_reps:c32 icmp_out_msgs:c32 icmp_out_errors:c32 icmp_out_dest_unreachs:c32 ' +
    'icmp_out_time_excds:c32 icmp_out_param_probs:c32 icmp_out_src_quenchs:c32 icmp_out_redirects:c32 icmp_out_echos:c32 ' +
    'icmp_out_echo_reps:c32 icmp_out_timestamps:c32 icmp_out_timestamp_reps:c32 icmp_out_addr_masks:c32 ' +
    'icmp_out_addr_mask_reps:c32',
  2009:
    'mib2_tcp_group tcp_rto_algorithm:u32 tcp_rto_min:u32 tcp_rto_max:u32 tcp_max_conn:u32 tcp_active_opens:c32 ' +
    'tcp_passive_opens:c32 tcp_attempt_fails:c32 tcp_estab_resets:c32 tcp_curr_estab:u32 tcp_in_segs:c32 tcp_out_segs:c32 ' +
    'tcp_retrans_segs:c32 tcp_in_errs:c32 tcp_out_rsts:c32 tcp_in_csum_errors:c32',
  2010:
    'mib2_udp_group udp_in_datagrams:c32 udp_no_ports:c32 udp_in_errors:c32 udp_out_datagrams:c32 udp_rcvbuf_errors:c32 ' +
    'udp_sndbuf_errors:c32 udp_in_csum_errors:c32',
  2100: 'virt_node mhz:u32 cpus:u32 memory:u64 memory_free:u64 num_domains:u32',
  2101: 'virt_cpu state:u32 cpu_time:c32 nr_virt_cpu:u32',
  2102: 'virt_memory memory:u64 max_memory:u64',
  2103: 'virt_disk_io capacity:u64 allocation:u64 available:u64 rd_req:c32 rd_bytes:c64 wr_req:c32 wr_bytes:c64 errs:c32',
  2104: 'virt_net_io rx_bytes:c64 rx_packets:c32 rx_errs:c32 rx_drop:c32 tx_bytes:c64 tx_packets:c32 tx_errs:c32 tx_drop:c32',
  2105: 'jvm_runtime vm_name:string vm_vendor:string vm_version:string',
  2106:
    'jvm_statistics heap_initial:u64 heap_used:u64 heap_committed:u64 heap_max:u64 non_heap_initial:u64 non_heap_used:u64 ' +
    'non_heap_committed:u64 non_heap_max:u64 gc_count:c32 gc_time:c32 classes_loaded:u32 classes_total:c32 classes_unloaded:c32 ' +
    'compilation_time:c32 thread_num_live:u32 thread_num_daemon:u32 thread_num_started:c32 fd_open_count:u32 fd_max_count:u32',
  2201:
    'http method_option_count:c32 method_get_count:c32 method_head_count:c32 method_post_count:c32 method_put_count:c32 ' +
    'method_delete_count:c32 method_trace_count:c32 method_connect_count:c32 method_other_count:c32 status_1xx_count:c32 ' +
    'status_2xx_count:c32 status_3xx_count:c32 status_4xx_count:c32 status_5xx_count:c32 status_other_count:c32',
  2202:
    'app_operations application:string success:c32 other:c32 timeout:c32 internal_error:c32 bad_request:c32 forbidden:c32 ' +
    'too_large:c32 not_implemented:c32 not_found:c32 unavailable:c32 unauthorized:c32',
  2203: 'app_resources user_time:c32 system_time:c32 mem_used:u64 mem_max:u64 fd_open:u32 fd_max:u32 conn_open:u32 conn_max:u32',
  2204:
    'memcache cmd_set:c32 cmd_touch:c32 cmd_flush:c32 get_hits:c32 get_misses:c32 delete_hits:c32 delete_misses:c32 incr_hits:c32 ' +
    'incr_misses:c32 decr_hits:c32 decr_misses:c32 cas_hits:c32 cas_misses:c32 cas_badval:c32 auth_cmds:c32 auth_errors:c32 ' +
    'threads:u32 conn_yields:c32 listen_disabled_num:c32 curr_connections:u32 rejected_connections:c32 total_connections:c32 ' +
    'connection_structures:u32 evictions:c32 reclaimed:c32 curr_items:u32 total_items:c32 bytes_read:c64 bytes_written:c64 ' +
    'bytes:u64 limit_maxbytes:u64',
  2206: 'app_workers workers_active:u32 workers_idle:u32 workers_max:u32 req_delayed:c32 req_dropped:c32',
  2207: 'ovs_dp_stats hits:c32 misses:c32 lost:c32 mask_hits:c32 flows:u32 masks:u32',
  3000: 'energy voltage:u32 current:u32 real_power:u32 power_factor:i32 energy:c32 errors:c32',
  3001: 'temperature minimum:i32 maximum:i32 errors:c32',
  3002: 'humidity relative:i32',
  3003: 'fans total:u32 failed:u32 speed:u32',
  [BROADCOM + 1]: 'bst_device_buffers uc_pc:i32 mc_pc:i32',
  [BROADCOM + 2]:
    'bst_port_buffers ingress_uc_pc:i32 ingress_mc_pc:i32 egress_uc_pc:i32 egress_mc_pc:i32 egress_queue_uc_pc_0:i32 ' +
    'egress_queue_uc_pc_1:i32 egress_queue_uc_pc_2:i32 egress_queue_uc_pc_3:i32 egress_queue_uc_pc_4:i32 egress_queue_uc_pc_5:i32 ' +
    'egress_queue_uc_pc_6:i32 egress_queue_uc_pc_7:i32 egress_queue_mc_pc_0:i32 egress_queue_mc_pc_1:i32 egress_queue_mc_pc_2:i32 ' +
    'egress_queue_mc_pc_3:i32 egress_queue_mc_pc_4:i32 egress_queue_mc_pc_5:i32 egress_queue_mc_pc_6:i32 egress_queue_mc_pc_7:i32',
  [BROADCOM + 3]:
    'hw_tables host_entries:u32 host_entries_max:u32 ipv4_entries:u32 ipv4_entries_max:u32 ipv6_entries:u32 ipv6_entries_max:u32 ' +
    'ipv4_ipv6_entries:u32 ipv4_ipv6_entries_max:u32 long_ipv6_entries:u32 long_ipv6_entries_max:u32 total_routes:u32 ' +
    'total_routes_max:u32 ecmp_nexthops:u32 ecmp_nexthops_max:u32 mac_entries:u32 mac_entries_max:u32 ipv4_neighbors:u32 ' +
    'ipv6_neighbors:u32 ipv4_routes:u32 ipv6_routes:u32 acl_ingress_entries:u32 acl_ingress_entries_max:u32 ' +
    'acl_ingress_counters:u32 acl_ingress_counters_max:u32 acl_ingress_meters:u32 acl_ingress_meters_max:u32 ' +
    'acl_ingress_slices:u32 acl_ingress_slices_max:u32 acl_egress_entries:u32 acl_egress_entries_max:u32 acl_egress_counters:u32 ' +
    'acl_egress_counters_max:u32 acl_egress_meters:u32 acl_egress_meters_max:u32 acl_egress_slices:u32 acl_egress_slices_max:u32',
  [NVIDIA + 1]:
    'nvidia_gpu device_count:u32 processes:u32 gpu_time:c32 mem_time:c32 mem_total:u64 mem_free:u64 ecc_errors:c32 energy:c32 ' +
    'temperature:u32 fan_speed:u32'
}

export type Structures = () => ReadonlyMap<number, Structure>

const structures = (layouts: Record<number, string>): Structures =>
  lazy(() => new Map(Object.entries(layouts).map(([tag, layout]) => [Number(tag), structureOf(layout)])))

export const flowRecords = structures(FLOW_LAYOUTS)
export const counterRecords = structures(COUNTER_LAYOUTS)
