import { geoPath, geoTransverseMercator, type GeoPermissibleObjects } from 'd3-geo'
import { html, raw } from 'hono/html'
import { MINIMUM_PEOPLE } from '../../../city/disclosure.ts'
import type { Format } from '../format.ts'
import type { Html } from '../layout.ts'
import type { BuildingSummary, Footprint, OverviewView } from '../view.ts'
import { percentOf } from './hatch.ts'
import { mapLand, type Project } from './mapLand.ts'
import { LEAST_PERCENT } from './peopleWords.ts'
import { placeLabels, type LabelOffset, type LabelSpot } from './mapLabels.ts'

/** The map's own units; it is shown at any width with the same proportions. */
const WIDTH = 1384
const HEIGHT = 1190
const ASPECT = WIDTH / HEIGHT
/** Widths that labels must be free at: a phone's map and a desktop's; between them there is more room. */
const SHOWN_WIDTHS = [350, 692]
const PADDING = { x: 150, y: 170 }
const EARTH_RADIUS_METRES = 6_371_008.8
const LABEL_HEIGHT = 26

/** Where the city file describes no land: a square of the ground every so many metres, to read distances off. */
const GRID_METRES = 100

/**
 * The buildings where they stand: level by fill, hatched when old, dashed when silent, each with a label that is a
 * link. Sent once: shapes stretch with the page, labels and lines keep their size.
 */
export const buildingMap = (format: Format, view: OverviewView): Html => {
  const { words } = format
  const drawn = view.footprints.flatMap((footprint) => {
    const building = view.buildings.find(({ id }) => id === footprint.id)
    return building ? [{ building, footprint }] : []
  })
  if (drawn.length === 0) return html`<p class="map-none">${words('map.none')}</p>`
  const sheet = projected(drawn.map(({ footprint }) => footprint))
  const shapes = drawn.map(({ building, footprint }) => ({ building, ...sheet.shapeOf(footprint) }))
  const spots = shapes.map(({ building, x, y, box }): LabelSpot => {
    const width = 26 + 16 + labelText(format, building).length * 8
    return { id: building.id, x, y, width, height: LABEL_HEIGHT, box }
  })
  const offsets = placeLabels(spots, { widths: SHOWN_WIDTHS, aspect: ASPECT })
  return html`<figure class="map">
    <svg
      class="map-sheet"
      width="100%"
      height="100%"
      role="group"
      aria-label="${words('map.label', { count: shapes.length })}"
    >
      <svg width="100%" height="100%" viewBox="0 0 ${WIDTH} ${HEIGHT}" aria-hidden="true">
        ${view.land ? mapLand(view.land, sheet.project) : html`<path d="${gridPath(sheet.unitsPerMetre * GRID_METRES)}" class="map-grid" />`}
        ${shapes.map(({ building, path }) => html`<path d="${path}" class="map-base" />${fillOf(building) === 'old' ? html`<path d="${path}" class="hatch" />` : ''}<path d="${path}" class="map-building map-${fillOf(building)}" />`)}
      </svg>
      ${spots.map((spot) => leader(spot, offsets.get(spot.id)))}
      ${shapes.map(({ building }, index) => {
        const spot = spots[index]
        return spot ? label(format, building, spot, offsets.get(spot.id)) : ''
      })}
      ${north(words('map.north'), words('map.northSpoken'))} ${scaleBar(format, sheet.unitsPerMetre)}
    </svg>
    <figcaption>${mapLegend(format, new Set(drawn.map(({ building }) => fillOf(building))))}</figcaption>
  </figure>`
}

/** A plane tangent at the middle of the city: at a few kilometres it is true to shape and scale. */
const projected = (footprints: readonly Footprint[]) => {
  // d3-geo takes a ring that RFC 7946 winds rightly for the rest of the globe.
  const shapeOf = (footprint: Footprint): GeoPermissibleObjects => ({
    type: 'Polygon',
    coordinates: footprint.rings.map((ring) => ring.map(([lon, lat]) => [lon, lat]).toReversed()),
  })
  const points = footprints.flatMap(({ rings }) => rings.flat())
  const longitude = middleOf(points.map(([lon]) => lon))
  const latitude = middleOf(points.map(([, lat]) => lat))
  const projection = geoTransverseMercator()
    .rotate([-longitude, -latitude])
    .fitExtent(
      [
        [PADDING.x, PADDING.y],
        [WIDTH - PADDING.x, HEIGHT - PADDING.y],
      ],
      { type: 'MultiPoint', coordinates: points.map(([lon, lat]) => [lon, lat]) },
    )
  const path = geoPath(projection).digits(0)
  const project: Project = ([lon, lat]) => projection([lon, lat]) ?? [0, 0]
  return {
    project,
    unitsPerMetre: projection.scale() / EARTH_RADIUS_METRES,
    shapeOf: (footprint: Footprint) => {
      const shape = shapeOf(footprint)
      const [x, y] = path.centroid(shape)
      const [[left, top], [right, bottom]] = path.bounds(shape)
      return {
        path: path(shape) ?? '',
        x: x / WIDTH,
        y: y / HEIGHT,
        box: { left: left / WIDTH, top: top / HEIGHT, right: right / WIDTH, bottom: bottom / HEIGHT },
      }
    },
  }
}

const middleOf = (values: readonly number[]): number => (Math.min(...values) + Math.max(...values)) / 2

const gridPath = (step: number): string => {
  const lines: string[] = []
  for (let x = step / 2; x < WIDTH; x += step) lines.push(`M${Math.round(x)} 0V${HEIGHT}`)
  for (let y = step / 2; y < HEIGHT; y += step) lines.push(`M0 ${Math.round(y)}H${WIDTH}`)
  return lines.join('')
}

const fillOf = (building: BuildingSummary): string => {
  if (building.state !== 'measured') return building.state === 'old' ? 'old' : 'silent'
  if (building.open === 'closed') return 'closed'
  return building.people?.level ?? 'unknown'
}

const labelText = (format: Format, building: BuildingSummary): string => {
  const { words } = format
  if (building.state === 'old') return words('map.labelOld')
  if (building.state === 'failing') return words('map.labelFailing')
  if (building.state === 'none') return words('map.labelNone')
  if (building.state !== 'measured') return words('map.labelSilent')
  if (building.people === null) return '–'
  if (building.open === 'closed') return words('map.labelClosed')
  if (building.people.people === null) return `<${MINIMUM_PEOPLE}`
  return building.people.share === null
    ? format.number(building.people.people)
    : building.people.share * 100 < LEAST_PERCENT
      ? `<${format.percent(LEAST_PERCENT / 100)}`
      : format.percent(building.people.share)
}

const leader = (spot: LabelSpot, offset: LabelOffset = { dx: 0, dy: 0 }): Html =>
  html`<svg x="${percentOf(spot.x)}" y="${percentOf(spot.y)}" overflow="visible" aria-hidden="true">
    <path d="M0 0L${offset.dx} ${offset.dy}" class="map-leader" />
    <circle r="3" class="map-dot" />
  </svg>`

const label = (
  format: Format,
  building: BuildingSummary,
  spot: LabelSpot,
  offset: LabelOffset = { dx: 0, dy: 0 },
): Html => {
  const [left, top] = [offset.dx - spot.width / 2, offset.dy - LABEL_HEIGHT / 2]
  const text = labelText(format, building)
  const target = Math.max(44, spot.width)
  return html`<svg x="${percentOf(spot.x)}" y="${percentOf(spot.y)}" overflow="visible">
    <a href="/buildings/${building.id}" class="map-label">
      <title>${building.key}. ${building.name}: ${text}</title>
      <g transform="translate(${left} ${top})">
        <rect x="${(spot.width - target) / 2}" y="-9" width="${target}" height="44" class="map-target" />
        <rect width="${spot.width}" height="${LABEL_HEIGHT}" rx="3" class="map-paper" />
        <path d="M3 0H26V${LABEL_HEIGHT}H3a3 3 0 0 1-3-3V3a3 3 0 0 1 3-3z" class="map-key" />
        <text x="13" y="18" text-anchor="middle" class="map-key-text">${building.key}</text>
        <text x="${26 + (spot.width - 26) / 2}" y="18" text-anchor="middle" class="map-value">${text}</text>
      </g>
    </a>
  </svg>`
}

const north = (letter: string, spoken: string): Html =>
  html`<svg x="100%" y="0" overflow="visible" role="img" aria-label="${spoken}">
    <path d="M-22 12l6 16-6-4-6 4z" class="map-north" />
    <text x="-22" y="42" text-anchor="middle" class="tick">${letter}</text>
  </svg>`

/** The longest of a few round distances that fits a fifth of the width. */
const scaleBar = (format: Format, unitsPerMetre: number): Html => {
  const fits = [1000, 500, 200, 100, 50, 20].find((metres) => metres * unitsPerMetre <= WIDTH / 5) ?? 10
  const share = percentOf((fits * unitsPerMetre) / WIDTH)
  return html`<svg x="12" y="100%" overflow="visible" width="100%" height="1" aria-hidden="true">
    <path d="M0-18v6" class="map-scale" />
    <line x1="0" x2="${share}" y1="-12" y2="-12" class="map-scale" />
    <svg x="${share}" overflow="visible">
      <path d="M0-18v6" class="map-scale" />
      <text x="8" y="-10" class="tick">${format.words('map.scale', { metres: format.number(fits) })}</text>
    </svg>
  </svg>`
}

/** Levels always, states only where they occur. */
const mapLegend = ({ words }: Format, used: ReadonlySet<string>): Html => {
  const entry = (name: string, text: string, range = ''): Html =>
    html`<li>
      <svg width="20" height="14" aria-hidden="true">
        ${name === 'old' ? raw('<rect x="1" y="1" width="18" height="12" class="hatch"/>') : ''}
        <rect x="1" y="1" width="18" height="12" class="map-building map-${name}" /></svg
      >${text}${range === '' ? '' : html` <span class="quiet">${range}</span>`}
    </li>`
  return html`<ul class="legend legend-compact">
    ${entry('quiet', words('level.quiet'), words('level.quietRange'))}
    ${entry('moderate', words('level.moderate'), words('level.moderateRange'))}
    ${entry('busy', words('level.busy'), words('level.busyRange'))}
    ${used.has('closed') ? entry('closed', words('map.closed')) : ''}
    ${used.has('old') ? entry('old', words('map.old')) : ''}
    ${used.has('silent') ? entry('silent', words('map.silent')) : ''}
  </ul>`
}
