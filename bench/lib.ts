// How the benches count: quantiles, and one line for each in results.json.
export interface Result {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly bare: number | null;
  readonly ratio: number | null;
  readonly bar: string;
  readonly ok: boolean;
}

export const quantile = (values: readonly number[], q: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * q))] ?? Number.NaN;

export const result = (
  name: string,
  value: number,
  unit: string,
  bare: number | null,
  bar: string,
  ok: boolean,
): Result => ({
  name,
  value: round(value),
  unit,
  bare: bare === null ? null : round(bare),
  ratio: bare === null || bare === 0 ? null : round(value / bare),
  bar,
  ok,
});

const round = (n: number): number => Math.round(n * 100) / 100;
