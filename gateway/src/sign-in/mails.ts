/** The mails of sign-in, as text and as HTML of the same words. Pure. */
import type { Mail } from "../deps/mail.ts";

/** A host's name comes from its policy, an address from whoever typed it: both are text here and nothing else. */
function escapeHtml(text: string): string {
  const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
  return text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? "");
}

/** Paragraphs; the one that matters is set apart. Inline styles, because mail programs drop style sheets. */
function compose(
  to: string,
  subject: string,
  paragraphs: readonly string[],
  emphasis: { readonly after: number; readonly text: string; readonly html: string },
): Mail {
  const before = paragraphs.slice(0, emphasis.after);
  const after = paragraphs.slice(emphasis.after);
  const text = [...before, emphasis.text, ...after].join("\n\n");
  const paragraph = (words: string) => `<p style="margin:0 0 16px">${escapeHtml(words)}</p>`;
  const html =
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(subject)}</title></head>` +
    `<body style="margin:0;padding:24px;font-family:sans-serif;font-size:16px;line-height:1.5;color:#171b21">` +
    `${before.map(paragraph).join("")}${emphasis.html}${after.map(paragraph).join("")}</body></html>`;
  return { to, subject, text: `${text}\n`, html };
}

/** Sent to whoever an address belongs to, whether it has an account or not. */
export function codeMail(host: string, to: string, code: string): Mail {
  const spaced = `<p style="margin:0 0 16px;font-size:28px;font-weight:bold;letter-spacing:4px">${escapeHtml(code)}</p>`;
  return compose(
    to,
    `Your code for ${host}`,
    [
      `Somebody wants to sign in to ${host}, or to create an account there, with this e-mail address. If it was you, enter this code on the page that asked for it:`,
      "It can be used once, in the next five minutes.",
      "If it was not you, do nothing, and give the code to nobody: nobody gets in without it.",
    ],
    { after: 1, text: code, html: spaced },
  );
}

export function resetMail(host: string, to: string, link: string): Mail {
  const href = escapeHtml(link);
  return compose(
    to,
    `Choose a new password for ${host}`,
    [
      `Somebody wants to choose a new password for your account at ${host}. If it was you, open this link:`,
      "It can be used once, in the next 30 minutes. Everybody who is signed in to your account is signed out by it.",
      "If it was not you, do nothing: your password stays as it is.",
    ],
    { after: 1, text: link, html: `<p style="margin:0 0 16px"><a href="${href}">${href}</a></p>` },
  );
}

export function passwordChangedMail(host: string, to: string): Mail {
  const words = "Everybody else who was signed in to your account has been signed out.";
  return compose(
    to,
    `Your password for ${host} was changed`,
    [
      `The password of your account at ${host} was changed just now.`,
      "If it was not you, choose a new one with “Forgot your password?” on the sign-in page, and tell an admin.",
    ],
    { after: 1, text: words, html: `<p style="margin:0 0 16px">${escapeHtml(words)}</p>` },
  );
}
