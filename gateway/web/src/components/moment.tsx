const dateFormat = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" });

/** A moment in the human's own time zone. */
export function Moment({ iso }: { readonly iso: string }) {
  const date = new Date(iso);
  return Number.isNaN(date.getTime()) ? "unknown" : <time dateTime={iso}>{dateFormat.format(date)}</time>;
}
