import fc from 'fast-check'

/** Text from outside as it goes wrong: anything at all, pieces of a valid text in any order, one with a place spoiled. */
export const spoiledText = (valid: string): fc.Arbitrary<string> => {
  const fragments = valid.split(/(?=[\s:{}[\],])/)
  return fc.oneof(
    fc.string(),
    fc.array(fc.constantFrom(...fragments), { maxLength: 60 }).map((parts) => parts.join('')),
    fc
      .tuple(fc.nat(valid.length), fc.nat(12), fc.string({ maxLength: 6 }))
      .map(([at, cut, put]) => valid.slice(0, at) + put + valid.slice(at + cut)),
  )
}
