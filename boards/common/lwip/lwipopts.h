/* SPDX-License-Identifier: Apache-2.0 */
/* lwIP as this firmware needs it: UDP, ARP and ping over IPv4, no threads, one interface, a fixed address. */
#ifndef LWIPOPTS_H
#define LWIPOPTS_H

#define NO_SYS 1
#define SYS_LIGHTWEIGHT_PROT 0 /* everything runs from the main loop */
#define LWIP_SOCKET 0
#define LWIP_NETCONN 0
#define LWIP_TCP 0
#define LWIP_DHCP 0
#define LWIP_AUTOIP 0
#define LWIP_IGMP 0
#define LWIP_DNS 0
#define LWIP_ICMP 1
#define LWIP_UDP 1
#define LWIP_IPV6 0
#define LWIP_SINGLE_NETIF 1
#define IP_REASSEMBLY 0
#define IP_FRAG 0
#define LWIP_STATS 0

#define MEM_ALIGNMENT 4
#define MEM_SIZE 1024
#define MEMP_NUM_PBUF 4
#define MEMP_NUM_UDP_PCB 2
#define ARP_TABLE_SIZE 4
#define ARP_QUEUEING 0
/* A frame, or a reply, each in one piece. */
#define PBUF_POOL_SIZE 4
#define PBUF_POOL_BUFSIZE 1536
/* Two bytes before the Ethernet header put UDP's payload on a multiple of four: the packet hook promises that. */
#define ETH_PAD_SIZE 2

#endif
