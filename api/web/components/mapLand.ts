import { html } from 'hono/html'
import type { MapLayers } from '../../../city/cityFile.ts'
import type { Html } from '../layout.ts'

type Point = readonly [number, number]
/** Longitude and latitude to the map's own units. */
export type Project = (position: Point) => Point

/** The land that the buildings stand on: forest, contours, water, roads and the buildings that are not measured. */
export const mapLand = (layers: MapLayers, project: Project): Html => {
  const polygons = (areas: MapLayers['water'], draw: (points: Point[]) => string): string =>
    areas.flatMap(({ coordinates }) => coordinates.map((ring) => draw(ring.map(project)))).join('')
  const lines = (items: MapLayers['roads']): string =>
    items.map(({ coordinates }) => curve(coordinates.map(project))).join('')
  const layer = (name: string, path: string): Html | '' =>
    path === '' ? '' : html`<path d="${path}" class="land-${name}" />`
  return html`${layer('forest', polygons(layers.forest, curve))}${layer('contour', lines(layers.contours))}${layer(
    'water',
    polygons(layers.water, curve),
  )}${layer('road', lines(layers.roads))}${layer('other', polygons(layers.otherBuildings, outline))}`
}

/**
 * A line through the middles of its pieces with its corners as control points, so that few positions make a smooth
 * shape; one that ends where it begins is closed.
 */
const curve = (points: readonly Point[]): string => {
  const [first, last] = [points[0], points.at(-1)]
  if (!first || !last) return ''
  const closed = points.length > 3 && first[0] === last[0] && first[1] === last[1]
  const corners = closed ? points.slice(0, -1) : points.slice(1, -1)
  const next = (index: number): Point =>
    (closed ? corners[(index + 1) % corners.length] : corners[index + 1]) ?? last
  const start = closed ? middle(corners.at(-1) ?? first, first) : first
  const pieces = corners.map((corner, index) => {
    const to = closed || index + 1 < corners.length ? middle(corner, next(index)) : last
    return `Q${at(corner)} ${at(to)}`
  })
  return `M${at(start)}${pieces.length === 0 ? `L${at(last)}` : pieces.join('')}${closed ? 'Z' : ''}`
}

const outline = (points: readonly Point[]): string => `M${points.slice(0, -1).map(at).join('L')}Z`

const middle = ([x1, y1]: Point, [x2, y2]: Point): Point => [(x1 + x2) / 2, (y1 + y2) / 2]

const at = ([x, y]: Point): string => `${Math.round(x)} ${Math.round(y)}`
