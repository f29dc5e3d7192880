/**
 * The fixed header of an MQTT control packet (MQTT 3.1.1, section 2.2): one byte of type and flags, then the remaining
 * length in one to four bytes, seven bits each. Pure.
 */

/** Packets above this are refused from their header alone, before a byte of their body is kept. */
export const MAX_PACKET_BYTES = 128 * 1024

/** `bytes[offset]` begins a packet whose length cannot be told yet. */
export const INCOMPLETE = 0
/** The remaining length goes on after its fourth byte [MQTT-2.2.3]. */
export const MALFORMED = -1

/** The packet type that must come first [MQTT-3.1.0-1]: CONNECT with its reserved flags. */
export const CONNECT_HEADER = 0x10

/** Bytes of the whole packet that begins at `offset` (2 or more), or `INCOMPLETE`, or `MALFORMED`. */
export const packetLength = (bytes: Uint8Array, offset: number): number => {
  let remaining = 0
  for (let i = 0; i < 4; i++) {
    const byte = bytes[offset + 1 + i]
    if (byte === undefined) return INCOMPLETE
    remaining += (byte & 0x7f) << (7 * i)
    if (byte < 0x80) return 2 + i + remaining
  }
  return MALFORMED
}
