/** Names of ports: IANA "Service Name and Transport Protocol Port Number Registry", those that flows are asked for. */

const SERVICES =
  'tcpmux=1 echo=7 discard=9 systat=11 daytime=13 qotd=17 chargen=19 ftp-data=20 ftp=21 ssh=22 telnet=23 smtp=25 time=37 whois=43 nicname=43 tacacs=49 ' +
  'domain=53 bootps=67 bootpc=68 tftp=69 gopher=70 finger=79 http=80 www=80 kerberos=88 pop3=110 sunrpc=111 ident=113 auth=113 nntp=119 ntp=123 ' +
  'epmap=135 netbios-ns=137 netbios-dgm=138 netbios-ssn=139 imap=143 imap2=143 snmp=161 snmptrap=162 bgp=179 irc=194 smux=199 ldap=389 svrloc=427 https=443 ' +
  'microsoft-ds=445 kpasswd=464 submissions=465 isakmp=500 exec=512 login=513 syslog=514 shell=514 printer=515 talk=517 ntalk=518 route=520 rip=520 ripng=521 ' +
  'dhcpv6-client=546 dhcpv6-server=547 rtsp=554 nntps=563 submission=587 ipp=631 ldaps=636 ldp=646 rsync=873 domain-s=853 ftps-data=989 ftps=990 ' +
  'telnets=992 imaps=993 pop3s=995 socks=1080 openvpn=1194 ms-sql-s=1433 ms-sql-m=1434 oracle=1521 l2tp=1701 pptp=1723 radius=1812 radius-acct=1813 ' +
  'ssdp=1900 hsrp=1985 nfs=2049 zookeeper=2181 docker=2375 docker-s=2376 git=9418 ms-wbt-server=3389 mysql=3306 stun=3478 stuns=5349 svn=3690 bfd-control=3784 ' +
  'bfd-echo=3785 vxlan=4789 ipsec-nat-t=4500 ipfix=4739 ipfixs=4740 netflow=2055 sflow=6343 sip=5060 sips=5061 xmpp-client=5222 xmpp-server=5269 mdns=5353 ' +
  'postgresql=5432 amqp=5672 amqps=5671 rfb=5900 vnc=5900 x11=6000 redis=6379 ircd=6667 http-alt=8080 https-alt=8443 geneve=6081 gtp-control=2123 ' +
  'gtp-user=2152 mqtt=1883 secure-mqtt=8883 coap=5683 coaps=5684 teredo=3544 kafka=9092 memcache=11211 wireguard=51820 diameter=3868 sctp-tunneling=9899'

export const PORTS: ReadonlyMap<string, number> = new Map(
  SERVICES.split(' ').map((word) => {
    const [name, port] = word.split('=')
    return [name, Number(port)] as const
  })
)
