/** IP protocols that code knows by number, by the filter language's words (IANA, "Assigned Internet Protocol Numbers"). */
export const IP_PROTOCOL = { tcp: 6, udp: 17, icmp: 1, icmp6: 58, gre: 47, esp: 50, sctp: 132 } as const
