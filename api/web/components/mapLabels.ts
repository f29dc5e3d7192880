/**
 * Places the labels of a map: greedily, at 16 angles and four distances around what each names, so that none lies on
 * another label, on a footprint or over an edge. The map is drawn once and stretched, while labels keep their size;
 * so a place counts as free only when it is free at every width that the map is shown at.
 */
export interface LabelSpot {
  id: string
  /** Where it points, in shares of the map's width and height. */
  x: number
  y: number
  /** Size of the label in pixels. */
  width: number
  height: number
  /** Extent of what it names, in shares. */
  box: Box
}

export interface Box {
  left: number
  top: number
  right: number
  bottom: number
}

/** A label's middle, in pixels from its anchor. */
export interface LabelOffset {
  dx: number
  dy: number
}

const ANGLES = Array.from({ length: 16 }, (_, index) => (index * Math.PI) / 8)
const DISTANCES = [36, 50, 66, 84]
const EDGE = 4
const GAP = 3

/** One offset a spot, in the order given; the earlier ones choose first. `aspect` is width by height. */
export const placeLabels = (
  spots: readonly LabelSpot[],
  { widths, aspect }: { widths: readonly number[]; aspect: number },
): Map<string, LabelOffset> => {
  const placed: { spot: LabelSpot; offset: LabelOffset }[] = []
  for (const spot of spots) {
    let best: { offset: LabelOffset; cost: number } = { offset: { dx: 0, dy: -34 }, cost: Infinity }
    for (const [ring, distance] of DISTANCES.entries()) {
      for (const angle of ANGLES) {
        // Labels are wider than high, so they stand further off to the sides.
        const offset = {
          dx: Math.round(Math.sin(angle) * distance * 1.25),
          dy: Math.round(-Math.cos(angle) * distance),
        }
        const cost = widths.reduce(
          (sum, width) => sum + costAt(spot, offset, { width, height: width / aspect, spots, placed }),
          ring * 2 + (1 - Math.cos(angle)) * 0.5,
        )
        if (cost < best.cost) best = { offset, cost }
      }
    }
    placed.push({ spot, offset: best.offset })
  }
  return new Map(placed.map(({ spot, offset }) => [spot.id, offset]))
}

interface Drawing {
  width: number
  height: number
  spots: readonly LabelSpot[]
  placed: readonly { spot: LabelSpot; offset: LabelOffset }[]
}

const costAt = (spot: LabelSpot, offset: LabelOffset, { width, height, spots, placed }: Drawing): number => {
  const box = labelBox(spot, offset, width, height)
  const outside =
    Math.max(0, EDGE - box.left) +
    Math.max(0, EDGE - box.top) +
    Math.max(0, box.right - width + EDGE) +
    Math.max(0, box.bottom - height + EDGE)
  const onLabels = placed.reduce(
    (sum, other) => sum + overlap(box, labelBox(other.spot, other.offset, width, height), GAP),
    0,
  )
  // A label may touch its own building, better than another's.
  const onFootprints = spots.reduce(
    (sum, other) =>
      sum + overlap(box, scaled(other.box, width, height), 1) * (other.id === spot.id ? 0.15 : 1),
    0,
  )
  const onFurniture = furnitureOf(width, height).reduce((sum, taken) => sum + overlap(box, taken, GAP), 0)
  return onFurniture * 20 + outside * 200 + onLabels * 20 + onFootprints * 0.6
}

/** Where the north arrow and the scale bar stand, in pixels. */
const furnitureOf = (width: number, height: number): Box[] => [
  { left: width - 36, right: width, top: 0, bottom: 48 },
  { left: 0, right: width * 0.2 + 60, top: height - 32, bottom: height },
]

const labelBox = (spot: LabelSpot, { dx, dy }: LabelOffset, width: number, height: number): Box => {
  const [x, y] = [spot.x * width + dx, spot.y * height + dy]
  return {
    left: x - spot.width / 2,
    right: x + spot.width / 2,
    top: y - spot.height / 2,
    bottom: y + spot.height / 2,
  }
}

const scaled = (box: Box, width: number, height: number): Box => ({
  left: box.left * width,
  right: box.right * width,
  top: box.top * height,
  bottom: box.bottom * height,
})

/** Shared area in square pixels, with both grown by `gap`. */
const overlap = (a: Box, b: Box, gap: number): number =>
  Math.max(0, Math.min(a.right, b.right) - Math.max(a.left, b.left) + gap) *
  Math.max(0, Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) + gap)
