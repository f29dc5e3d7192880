/** How many hours of a grid were measured. */
export const measuredHours = (values: Float64Array): number =>
  values.reduce((count, value) => count + (Number.isNaN(value) ? 0 : 1), 0)
