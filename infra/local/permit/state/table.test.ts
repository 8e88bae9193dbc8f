import fc from "fast-check";
import { expect, test } from "vitest";
import { Journal } from "./journal.ts";
import { Table } from "./table.ts";

interface Thing {
  readonly id: string;
  readonly key: string;
  readonly colour: string | null;
}

/** What a table is: rows in order of creation. */
type Model = readonly Thing[];

const colours = ["red", "green"];
/** What a row is indexed by never changes, as in all real tables. */
const colourOf: Readonly<Record<string, string | null>> = {
  1: "red",
  2: "green",
  3: "red",
  4: null,
  5: "red",
  6: "green",
};
const ids = Object.keys(colourOf);
const keys = ["a", "b", "c", "__proto__"];
const thing = fc
  .record({ id: fc.constantFrom(...ids), key: fc.constantFrom(...keys) })
  .map(({ id, key }) => ({ id, key, colour: colourOf[id] ?? null }));
type Step = { readonly put: Thing } | { readonly delete: string } | { readonly look: true };
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ put: thing }),
  fc.record({ delete: fc.constantFrom(...ids) }),
  fc.constant({ look: true } as const),
);
/** Mutations; the second part says whether it fails at its end. */
const mutations = fc.array(fc.tuple(fc.array(step, { maxLength: 6 }), fc.boolean()), { maxLength: 8 });

function look(table: Table<Thing, "colour">): object {
  return {
    rows: [...table],
    size: table.size,
    keys: keys.map((key) => table.byKey(key)),
    ids: ids.map((id) => table.byId(id)),
    colours: colours.map((colour) => table.by("colour", colour)),
  };
}

function lookAtModel(model: Model): object {
  return {
    rows: model,
    size: model.length,
    keys: keys.map((key) => model.find((row) => row.key === key)),
    ids: ids.map((id) => model.find((row) => row.id === id)),
    colours: colours.map((colour) => model.filter((row) => row.colour === colour)),
  };
}

/** A row, or the place of one that the same mutation deleted: its id may come back to it. */
type Place = { readonly id: string; readonly row: Thing | null };

/** Does the steps to the table and returns the model after them. */
function run(table: Table<Thing, "colour">, before: Model, steps: readonly Step[]): Model {
  let places: readonly Place[] = before.map((row) => ({ id: row.id, row }));
  const model = () => places.flatMap(({ row }) => row ?? []);
  const set = (id: string, row: Thing | null) => {
    places = places.map((place) => (place.id === id ? { id, row } : place));
  };
  for (const each of steps) {
    if ("put" in each) {
      const { put } = each;
      if (model().some(({ id, key }) => key === put.key && id !== put.id)) {
        expect(() => table.put(put)).toThrow("with one key");
      } else {
        table.put(put);
        if (places.some(({ id }) => id === put.id)) set(put.id, put);
        else places = [...places, { id: put.id, row: put }];
      }
    } else if ("delete" in each) {
      table.delete(each.delete);
      set(each.delete, null);
    } else expect(look(table)).toEqual(lookAtModel(model()));
  }
  return model();
}

test("a table is its rows in order of creation, and a mutation that fails leaves no trace", () => {
  fc.assert(
    fc.property(mutations, (all) => {
      const journal = new Journal();
      const place = { scope: "scope", kind: "thing", journal };
      const table = new Table<Thing, "colour">(place, (row) => row.key, { colour: (row) => row.colour });
      let model: Model = [];
      for (const [steps, fails] of all) {
        if (fails) {
          const mutation = () => {
            run(table, model, steps);
            throw new Error("fails");
          };
          expect(() => journal.run(mutation)).toThrow("fails");
        } else {
          model = journal.run(() => run(table, model, steps)).result;
        }
        expect(look(table)).toEqual(lookAtModel(model));
      }
    }),
    { numRuns: 500 },
  );
});
