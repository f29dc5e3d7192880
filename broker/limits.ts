/**
 * Every limit of the MQTT door with its default, in one place (`docs/mqtt.md` lists them and what happens beyond each).
 * Numbers are for one process.
 */
export interface BrokerLimits {
  /** A packet; refused from its fixed header, before a byte of its body is kept. */
  maxPacketBytes: number
  /** The first packet, from whoever has proved nothing yet. */
  maxConnectBytes: number
  /** From the connection to the end of CONNECT, however it trickles. */
  connectTimeoutMs: number
  /** A TLS handshake, and how many one address has under way: each costs a millisecond of processor time. */
  handshakeTimeoutMs: number
  maxHandshakesPerAddress: number
  /** Silence that is borne from a client that announced a longer keep-alive, or none. */
  maxIdleMs: number
  /** How long a client may leave unread what was written to it, once its buffers are full. */
  unreadTimeoutMs: number
  /** Each device's rate; each packet counts as at least `PACKET_COST_BYTES`. More is read later, not refused. */
  bytesPerSecond: number
  maxConnections: number
  /** Generous: a gateway, or a proxy before many, is one address. */
  maxConnectionsPerAddress: number
  /** Connections of one identity, whatever their addresses. */
  maxConnectionsPerIdentity: number
  /** Filters of one session; further ones are answered with 0x80 in SUBACK. */
  maxSubscriptions: number
  /** QoS 2 messages of one session that were taken in and not released; the connection ends. */
  maxUnreleased: number
  /** Sessions kept for clients that are away; the one that is away longest goes first. */
  maxSessions: number
  /** QoS 1 and 2 messages that one session is owed, and their bytes; what has no room is dropped and counted. */
  maxQueued: number
  maxQueuedBytes: number
  /** Of these, what is sent and not acknowledged. */
  maxInFlight: number
  maxInFlightBytes: number
  /** What may wait unread in one connection before QoS 0 messages to it are left out. */
  maxUnreadBytes: number
  /** Retained messages, and their bytes; what has no room is not kept. */
  maxRetained: number
  maxRetainedBytes: number
  /** Datastreams of one building that no birth declared; readings of further ones are quarantined. */
  maxUndeclared: number
  /** Datastreams of one building that its devices may bring into being; what names further ones is quarantined. */
  maxDatastreams: number
}

export const BROKER_LIMITS: BrokerLimits = {
  maxPacketBytes: 128 * 1024,
  maxConnectBytes: 16 * 1024,
  connectTimeoutMs: 5_000,
  handshakeTimeoutMs: 5_000,
  maxHandshakesPerAddress: 200,
  maxIdleMs: 3_600_000,
  unreadTimeoutMs: 60_000,
  bytesPerSecond: 8_000_000,
  maxConnections: 20_000,
  maxConnectionsPerAddress: 5_000,
  maxConnectionsPerIdentity: 100,
  maxSubscriptions: 5_000,
  maxUnreleased: 1_000,
  maxSessions: 10_000,
  maxQueued: 1_000,
  maxQueuedBytes: 4_000_000,
  maxInFlight: 100,
  maxInFlightBytes: 1_000_000,
  maxUnreadBytes: 1_000_000,
  maxRetained: 50_000,
  maxRetainedBytes: 64_000_000,
  maxUndeclared: 10_000,
  maxDatastreams: 100_000,
}
