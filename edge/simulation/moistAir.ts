/**
 * Moist air at sea level. Saturation pressure by the Magnus formula with the coefficients of Alduchov and Eskridge
 * (1996), J. Appl. Meteor. 35, 601-609, good to 0.4 % from -40 to 50 degrees Celsius.
 */
const PRESSURE_PASCAL = 101_325
/** Molar mass of water over that of dry air. */
const MASS_RATIO = 0.622

const saturationPascal = (celsius: number): number =>
  610.94 * Math.exp((17.625 * celsius) / (celsius + 243.04))

/** Kilograms of water in a kilogram of dry air whose dew point this is. */
export const humidityRatioAtDewPoint = (dewPointCelsius: number): number => {
  const vapour = saturationPascal(dewPointCelsius)
  return (MASS_RATIO * vapour) / (PRESSURE_PASCAL - vapour)
}

/** Relative humidity in per cent, at most 100. */
export const relativeHumidity = (celsius: number, humidityRatio: number): number => {
  const vapour = (humidityRatio * PRESSURE_PASCAL) / (MASS_RATIO + humidityRatio)
  return Math.min(100, (100 * vapour) / saturationPascal(celsius))
}
