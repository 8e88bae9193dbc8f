/** Tells from its bytes, as they pass, whether JSON holds the answer to another request than the one that was asked. */
import { byteFinder } from "./byte-finder.ts";
import { foldKey, type RpcId } from "./json-rpc.ts";

const [quote, backslash, colon, comma] = [0x22, 0x5c, 0x3a, 0x2c] as const;
const [openArray, closeArray, openObject, closeObject] = [0x5b, 0x5d, 0x7b, 0x7d] as const;
const isStructural = new Uint8Array(256);
for (const byte of [quote, colon, comma, openArray, closeArray, openObject, closeObject]) isStructural[byte] = 1;
/** `result`, each letter of it as an escape, is shorter. */
const keyCharsMax = 40;
/** A key that says what it says. */
const plainKey = /^[a-z]*$/;
/** After so many bytes of a string its end is looked for at once: that costs more than looking at a few bytes. */
const shortStringBytes = 32;

export interface ResponseScanner {
  /** The next bytes of the text: true once a message has come whole that answers another request. */
  take(bytes: Uint8Array): boolean;
  /** True likewise. What comes next is another text. */
  end(): boolean;
}

function parsed(latin1: string): unknown {
  try {
    return JSON.parse(Buffer.from(latin1, "latin1").toString());
  } catch {
    return undefined;
  }
}

/**
 * A message answers another request when it has a `result` or an `error`, and an id that is neither `id` nor null, of which the
 * type counts too. Clients know by the id what is answered, wherever it comes. Of a member that comes twice, or in another
 * spelling, each counts: parsers differ in which one they take. Messages are the text itself or the elements of an array.
 * Nothing is kept but a key and the id; text that is not JSON is nobody's answer.
 */
export function responseScanner(id: RpcId | undefined): ResponseScanner {
  /** As nearly all write it: then it need not be parsed. */
  const idText = JSON.stringify(id);
  const idCharsMax = 64 + 6 * String(id ?? "").length;
  let depth = 0;
  /** Depth of the members of a message. */
  let level = 1;
  let isString = false;
  let isEscaped = false;
  let isMessage = false;
  let isBeforeKey = false;
  let isAnswer = false;
  let isOther = false;
  let answersOther = false;
  let key = "";
  /** What of the text is being kept, and where it is longer than what matters. */
  let kept: "key" | "id" | undefined;
  let text = "";

  const keep = (byte: number) => {
    text += String.fromCharCode(byte);
    if (text.length <= (kept === "key" ? keyCharsMax : idCharsMax)) return;
    if (kept === "id") isOther = true;
    kept = undefined;
  };
  const endKey = () => {
    if (kept === "key") key = plainKey.test(text) ? text : foldKey(String(parsed(`"${text}"`)));
    kept = undefined;
    isBeforeKey = false;
    isAnswer ||= key === "result" || key === "error";
  };
  const endValue = () => {
    if (kept === "id" && text !== idText) {
      const value = parsed(text);
      isOther ||= value !== null && (value === undefined || value !== id);
    }
    kept = undefined;
    key = "";
  };
  const open = (byte: number) => {
    if (kept === "id") isOther = true;
    kept = undefined;
    depth += 1;
    if (depth === 1) level = byte === openArray ? 2 : 1;
    if (depth !== level) return;
    isMessage = byte === openObject;
    isBeforeKey = isMessage;
    isAnswer = false;
    isOther = false;
  };
  const close = () => {
    if (depth === level && isMessage) {
      endValue();
      answersOther ||= isAnswer && isOther;
      isMessage = false;
    }
    depth = Math.max(0, depth - 1);
  };
  const takeOutside = (byte: number) => {
    const isMember = isMessage && depth === level;
    if (byte === quote) {
      isString = true;
      if (isMember && isBeforeKey) {
        kept = "key";
        key = "";
        text = "";
      } else if (kept !== undefined) keep(byte);
    } else if (byte === openObject || byte === openArray) open(byte);
    else if (byte === closeObject || byte === closeArray) close();
    else if (isMember && byte === comma) {
      endValue();
      isBeforeKey = true;
    } else if (isMember && byte === colon && key === "id") {
      kept = "id";
      text = "";
    } else if (kept !== undefined) keep(byte);
  };

  return {
    take: (bytes) => {
      const quoteFrom = byteFinder(bytes, quote);
      const backslashFrom = byteFinder(bytes, backslash);
      let inString = 0;
      for (let at = 0; at < bytes.length; at += 1) {
        const byte = bytes[at] as number;
        if (!isString) {
          inString = 0;
          // Most of what is not in strings are digits, letters and spaces.
          if (kept !== undefined || isStructural[byte] === 1) takeOutside(byte);
          continue;
        }
        if (isEscaped) isEscaped = false;
        else if (byte === backslash) isEscaped = true;
        else if (byte === quote) {
          isString = false;
          if (kept === "id") keep(byte);
          else if (depth === level && isMessage && isBeforeKey) endKey();
          continue;
        }
        if (kept !== undefined) keep(byte);
        inString += 1;
        if (inString < shortStringBytes || isEscaped || kept !== undefined) continue;
        at = Math.min(quoteFrom(at + 1), backslashFrom(at + 1)) - 1;
      }
      return answersOther;
    },
    end: () => {
      const found = answersOther;
      [depth, level, kept, key] = [0, 1, undefined, ""];
      [isString, isEscaped, isMessage, isBeforeKey, answersOther] = [false, false, false, false, false];
      return found;
    },
  };
}
