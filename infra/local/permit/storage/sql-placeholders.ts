/** `($1, $2), ($3, $4)` for two rows of two. */
export function placeholders(rows: number, columns: number): string {
  return Array.from({ length: rows }, (_row, row) => {
    const numbers = Array.from({ length: columns }, (_column, column) => `$${row * columns + column + 1}`);
    return `(${numbers.join(", ")})`;
  }).join(", ");
}
