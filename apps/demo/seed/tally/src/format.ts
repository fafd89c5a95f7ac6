/** 1234 -> "12.34" */
export const format = (cents: number): string => (cents / 100).toFixed(2);
