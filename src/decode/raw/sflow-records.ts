/** The records of sFlow samples: name and layout (xdr.ts) by enterprise 0's format number. */

/** sFlow v5 section 5, "Flow data types", and the tunnel, NAT, drops and queue structures that followed. */
export const FLOW_RECORDS: Record<number, string> = {
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

/** sFlow v5 section 5, "Counter data types", and "sFlow Host Structures". */
export const COUNTER_RECORDS: Record<number, string> = {
  1:
    'generic_interface if_index:u32 if_type:u32 if_speed:u64 if_direction:u32 if_status:u32 if_in_octets:u64 if_in_ucast_pkts:u32 ' +
    'if_in_multicast_pkts:u32 if_in_broadcast_pkts:u32 if_in_discards:u32 if_in_errors:u32 if_in_unknown_protos:u32 if_out_octets:u64 ' +
    'if_out_ucast_pkts:u32 if_out_multicast_pkts:u32 if_out_broadcast_pkts:u32 if_out_discards:u32 if_out_errors:u32 if_promiscuous_mode:u32',
  2:
    'ethernet_interface alignment_errors:u32 fcs_errors:u32 single_collision_frames:u32 multiple_collision_frames:u32 sqe_test_errors:u32 ' +
    'deferred_transmissions:u32 late_collisions:u32 excessive_collisions:u32 internal_mac_transmit_errors:u32 carrier_sense_errors:u32 ' +
    'frame_too_longs:u32 internal_mac_receive_errors:u32 symbol_errors:u32',
  3:
    'token_ring line_errors:u32 burst_errors:u32 ac_errors:u32 abort_trans_errors:u32 internal_errors:u32 lost_frame_errors:u32 ' +
    'receive_congestions:u32 frame_copied_errors:u32 token_errors:u32 soft_errors:u32 hard_errors:u32 signal_loss:u32 transmit_beacons:u32 ' +
    'recoverys:u32 lobe_wires:u32 removes:u32 singles:u32 freq_errors:u32',
  4:
    'vg_interface in_high_priority_frames:u32 in_high_priority_octets:u64 in_norm_priority_frames:u32 in_norm_priority_octets:u64 ' +
    'in_ipm_errors:u32 in_oversize_frame_errors:u32 in_data_errors:u32 in_null_addressed_frames:u32 out_high_priority_frames:u32 ' +
    'out_high_priority_octets:u64 transition_into_trainings:u32 hc_in_high_priority_octets:u64 hc_in_norm_priority_octets:u64 ' +
    'hc_out_high_priority_octets:u64',
  5: 'vlan vlan_id:u32 octets:u64 ucast_pkts:u32 multicast_pkts:u32 broadcast_pkts:u32 discards:u32',
  7:
    'lag_port actor_system_id:mac partner_oper_system_id:mac attached_agg_id:u32 port_state:u32 lacpdus_rx:u32 marker_pdus_rx:u32 ' +
    'marker_response_pdus_rx:u32 unknown_rx:u32 illegal_rx:u32 lacpdus_tx:u32 marker_pdus_tx:u32 marker_response_pdus_tx:u32',
  1001: 'processor cpu_5s:u32 cpu_1m:u32 cpu_5m:u32 total_memory:u64 free_memory:u64',
  1004: 'of_port datapath_id:u64 port_no:u32',
  1005: 'port_name name:string',
  2000: 'host_descr hostname:string uuid:opaque16 machine_type:u32 os_name:u32 os_release:string',
  2001: 'host_adapters adapters:adapter[]',
  2002: 'host_parent container_type:u32 container_index:u32',
  2003:
    'host_cpu load_one:f32 load_five:f32 load_fifteen:f32 proc_run:u32 proc_total:u32 cpu_num:u32 cpu_speed:u32 uptime:u32 cpu_user:u32 ' +
    'cpu_nice:u32 cpu_system:u32 cpu_idle:u32 cpu_wio:u32 cpu_intr:u32 cpu_sintr:u32 interrupts:u32 contexts:u32 cpu_steal:u32 cpu_guest:u32 ' +
    'cpu_guest_nice:u32',
  2004:
    'host_memory mem_total:u64 mem_free:u64 mem_shared:u64 mem_buffers:u64 mem_cached:u64 swap_total:u64 swap_free:u64 page_in:u32 page_out:u32 ' +
    'swap_in:u32 swap_out:u32',
  2005: 'host_disk_io disk_total:u64 disk_free:u64 part_max_used:u32 reads:u32 bytes_read:u64 read_time:u32 writes:u32 bytes_written:u64 write_time:u32',
  2006: 'host_net_io bytes_in:u64 pkts_in:u32 errs_in:u32 drops_in:u32 bytes_out:u64 pkts_out:u32 errs_out:u32 drops_out:u32',
  2007:
    'mib2_ip_group ip_forwarding:u32 ip_default_ttl:u32 ip_in_receives:u32 ip_in_hdr_errors:u32 ip_in_addr_errors:u32 ip_forw_datagrams:u32 ' +
    'ip_in_unknown_protos:u32 ip_in_discards:u32 ip_in_delivers:u32 ip_out_requests:u32 ip_out_discards:u32 ip_out_no_routes:u32 ' +
    'ip_reasm_timeout:u32 ip_reasm_reqds:u32 ip_reasm_oks:u32 ip_reasm_fails:u32 ip_frag_oks:u32 ip_frag_fails:u32 ip_frag_creates:u32',
  2008:
    'mib2_icmp_group icmp_in_msgs:u32 icmp_in_errors:u32 icmp_in_dest_unreachs:u32 icmp_in_time_excds:u32 icmp_in_param_probs:u32 ' +
    'icmp_in_src_quenchs:u32 icmp_in_redirects:u32 icmp_in_echos:u32 icmp_in_echo_reps:u32 icmp_in_timestamps:u32 icmp_in_addr_masks:u32 ' +
    'icmp_in_addr_mask_reps:u32 icmp_out_msgs:u32 icmp_out_errors:u32 icmp_out_dest_unreachs:u32 icmp_out_time_excds:u32 ' +
    'icmp_out_param_probs:u32 icmp_out_src_quenchs:u32 icmp_out_redirects:u32 icmp_out_echos:u32 icmp_out_echo_reps:u32 ' +
    'icmp_out_timestamps:u32 icmp_out_timestamp_reps:u32 icmp_out_addr_masks:u32 icmp_out_addr_mask_reps:u32',
  2009:
    'mib2_tcp_group tcp_rto_algorithm:u32 tcp_rto_min:u32 tcp_rto_max:u32 tcp_max_conn:u32 tcp_active_opens:u32 tcp_passive_opens:u32 ' +
    'tcp_attempt_fails:u32 tcp_estab_resets:u32 tcp_curr_estab:u32 tcp_in_segs:u32 tcp_out_segs:u32 tcp_retrans_segs:u32 tcp_in_errs:u32 ' +
    'tcp_out_rsts:u32 tcp_in_csum_errors:u32',
  2010:
    'mib2_udp_group udp_in_datagrams:u32 udp_no_ports:u32 udp_in_errors:u32 udp_out_datagrams:u32 udp_rcvbuf_errors:u32 udp_sndbuf_errors:u32 ' +
    'udp_in_csum_errors:u32',
  2100: 'virt_node mhz:u32 cpus:u32 memory:u64 memory_free:u64 num_domains:u32',
  2101: 'virt_cpu state:u32 cpu_time:u32 nr_virt_cpu:u32',
  2102: 'virt_memory memory:u64 max_memory:u64',
  2103: 'virt_disk_io capacity:u64 allocation:u64 available:u64 rd_req:u32 rd_bytes:u64 wr_req:u32 wr_bytes:u64 errs:u32',
  2104: 'virt_net_io rx_bytes:u64 rx_packets:u32 rx_errs:u32 rx_drop:u32 tx_bytes:u64 tx_packets:u32 tx_errs:u32 tx_drop:u32'
}
