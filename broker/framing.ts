/**
 * The fixed header of an MQTT control packet (MQTT 3.1.1, section 2.2): one byte of type and flags, then the remaining
 * length in one to four bytes, seven bits each. Pure.
 */

/** `bytes[offset]` begins a packet whose length cannot be told yet. */
export const INCOMPLETE = 0
/** The remaining length goes on after its fourth byte (section 2.2.3). */
export const MALFORMED = -1

/** The packet type that must come first [MQTT-3.1.0-1]: CONNECT with its reserved flags. */
export const CONNECT_HEADER = 0x10
export const DISCONNECT_HEADER = 0xe0

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

/** Where the variable header of the packet at `offset` begins, whose length is known to be well-formed. */
export const bodyOffset = (bytes: Uint8Array, offset: number): number => {
  let at = offset + 1
  while ((bytes[at] ?? 0) >= 0x80) at += 1
  return at + 1
}
