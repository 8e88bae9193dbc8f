import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalEmail } from "./email.ts";
import { agentKey, consentRole, fromPermitKey, humanKey, permitKey, profileKey, toolActionKey } from "./permit-keys.ts";
import { permitKeyForm } from "./schema/fields.ts";
import { trustLevels } from "./trust.ts";

/** What Permit accepts as the key of a user. */
const permitUserForm = /^[A-Za-z0-9|@+\-._]+$/;

// Text of all of Unicode, and text made of what keys are made of: separators, escapes, and pieces of escapes.
const tricky = fc.string({
  unit: fc.constantFrom("a", "A", "|", "_", "__", "-", "@", ".", "7c", "_7c", "5f", "_5f", " "),
});
const text = fc.oneof(fc.string({ unit: "grapheme", minLength: 1 }), fc.string({ unit: "binary" }), tricky);
const nonEmpty = text.filter((value) => value !== "");

describe("permitKey", () => {
  test("can be read back, so no two texts share a key", () => {
    fc.assert(
      fc.property(text, (value) => {
        expect(fromPermitKey(permitKey(value))).toBe(value);
      }),
    );
  });

  test("is a key to Permit", () => {
    fc.assert(
      fc.property(nonEmpty, (value) => {
        expect(permitKey(value)).toMatch(permitKeyForm);
      }),
    );
  });

  test("is what it was, because keys are stored in Permit", () => {
    expect(permitKey("lead@example.com")).toBe("lead_40example_2ecom");
    expect(permitKey("a_b|é")).toBe("a_5fb_7c_c3_a9");
  });

  test("refuses half of a surrogate pair, which would share a key with every other one", () => {
    expect(() => permitKey("a\ud800")).toThrow(TypeError);
  });
});

describe("keys of humans and agents", () => {
  test("are users to Permit", () => {
    fc.assert(
      fc.property(nonEmpty, nonEmpty, (client, email) => {
        expect(humanKey(email)).toMatch(permitUserForm);
        expect(agentKey(client, email)).toMatch(permitUserForm);
        expect(profileKey(email)).toMatch(permitKeyForm);
      }),
    );
  });

  test("of two (client, human) pairs differ, wherever a separator is put", () => {
    const pair = fc.tuple(text, text);
    // The same characters split at two places: what a client id made by an attacker would try.
    const split = fc.tuple(tricky, fc.nat(), fc.nat()).map(([whole, a, b]) => {
      const at = (place: number): [string, string] => {
        const index = place % (whole.length + 1);
        return [whole.slice(0, index), whole.slice(index)];
      };
      return [at(a), at(b)] as const;
    });
    fc.assert(
      fc.property(fc.oneof(fc.tuple(pair, pair), split), ([one, other]) => {
        const same = one[0] === other[0] && canonicalEmail(one[1]) === canonicalEmail(other[1]);
        expect(agentKey(...one) === agentKey(...other)).toBe(same);
        expect(humanKey(one[1]) === humanKey(other[1])).toBe(canonicalEmail(one[1]) === canonicalEmail(other[1]));
      }),
    );
  });

  test("of an agent is never that of a human", () => {
    fc.assert(
      fc.property(text, text, text, (client, a, b) => {
        expect(agentKey(client, a)).not.toBe(humanKey(b));
      }),
    );
  });

  test("ignore the case of ASCII letters only: the Kelvin sign is not a k", () => {
    expect(humanKey("Kim@Example.com")).toBe(humanKey("kim@example.com"));
    expect("\u212Aim@example.com".toLowerCase()).toBe("kim@example.com");
    expect(humanKey("\u212Aim@example.com")).not.toBe(humanKey("kim@example.com"));
    expect(agentKey("client", "\u212Aim@example.com")).not.toBe(agentKey("client", "kim@example.com"));
  });
});

test("consent roles of two servers differ, also where one server's key looks like another's role", () => {
  const key = fc.string({ unit: fc.constantFrom("a", "-", "low", "-low", "-high", "owner"), minLength: 1 });
  const level = fc.constantFrom(...trustLevels);
  fc.assert(
    fc.property(key, level, key, level, (server, consent, otherServer, otherConsent) => {
      const same = server === otherServer && consent === otherConsent;
      expect(consentRole(server, consent) === consentRole(otherServer, otherConsent)).toBe(same);
      expect(consentRole(server, consent)).not.toBe("owner");
    }),
  );
});

describe("toolActionKey", () => {
  test.each([
    ["create_issue", "create_issue"],
    ["get-env", "get_env"],
    ["Files/Read.All", "files_read_all"],
    ["__init__", "init"],
    ["削除", ""],
  ])("of %s is %s", (name, action) => {
    expect(toolActionKey(name)).toBe(action);
  });

  test("is empty or a key to Permit, and the same when made of itself", () => {
    fc.assert(
      fc.property(text, (name) => {
        const action = toolActionKey(name);
        if (action !== "") expect(action).toMatch(permitKeyForm);
        expect(toolActionKey(action)).toBe(action);
      }),
    );
  });
});
