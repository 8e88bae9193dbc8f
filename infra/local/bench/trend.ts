/** How a number that was read at equal distances goes. Pure. */

/** Slope of the straight line with the least squares through the values, per step. NaN of fewer than two. */
export function slopeOf(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const covariance = values.reduce((sum, value, at) => sum + (at - middle) * (value - mean), 0);
  const variance = values.reduce((sum, _value, at) => sum + (at - middle) ** 2, 0);
  return covariance / variance;
}

/**
 * True for what does not grow: the last third is no higher than the middle one by more than `share` of it, compared by
 * their lowest, because memory goes up and down between two collections. The first third is for getting warm.
 */
export function isFlat(values: readonly number[], share: number): boolean {
  const third = Math.floor(values.length / 3);
  return Math.min(...values.slice(-third)) <= Math.min(...values.slice(third, -third)) * (1 + share);
}
