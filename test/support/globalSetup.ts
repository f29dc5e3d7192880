/** Runs once before the suite. Nothing to prepare yet beyond what `scripts/test.mjs` installs. */
export default function setup(): void {}
