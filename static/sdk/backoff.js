/**
 * When to try again.
 * @module backoff
 */

/** Milliseconds. */
export const FIRST = 1_000;
export const LONGEST = 60_000;

/**
 * Return how long to wait before a try: half of the doubled delay is sure, the other half is
 * chance, so that devices which lost the same server do not come back in one wave.
 * @param {number} failures how many tries have failed, from 1
 * @param {() => number} [random] between 0 and 1
 * @returns {number} milliseconds
 */
export function delayAfter(failures, random = Math.random) {
  const ceiling = Math.min(LONGEST, FIRST * 2 ** Math.min(failures - 1, 16));
  return Math.round(ceiling / 2 + (ceiling / 2) * random());
}
