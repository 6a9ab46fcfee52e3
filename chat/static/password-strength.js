// How good a password looks from here. The server decides; this only explains while one types.

const MAX_LENGTH = 256;
const COMMON = ["password", "passwort", "latchstring", "qwerty", "letmein", "welcome", "iloveyou", "abc123", "admin"];

/**
 * @param {string} password
 * @param {{minLength: number, own: string[]}} about `own`: words of the user's own, such as name and e-mail
 * @returns {{level: 0|1|2|3|4, word: string, why: string}}
 */
export function judge(password, { minLength, own }) {
  const length = [...password.normalize("NFC")].length;
  if (length === 0)
    return verdict(
      0,
      "",
      `At least ${minLength} characters. Three or four words that only you would put together do well.`,
    );
  if (length < minLength) return verdict(1, "Too short.", `${count(minLength - length)} to go.`);
  if (length > MAX_LENGTH) return verdict(1, "Too long.", `At most ${MAX_LENGTH} characters are taken.`);
  const weakness = findWeakness(password.normalize("NFC").toLowerCase(), own);
  if (weakness) return verdict(2, "Easy to guess.", weakness);
  const distinct = new Set(password).size;
  if (length < minLength + 5 || distinct < 10)
    return verdict(3, "Good.", "A few more words would make it better still.");
  return verdict(4, "Strong.", "");
}

function findWeakness(password, own) {
  if (new Set(password).size < 6) return "It is made of very few different characters.";
  if (isRepetition(password)) return "It is one piece, repeated.";
  if (isRun(password)) return "It follows the keyboard, the alphabet or the numbers.";
  const word = own.map((text) => text.trim().toLowerCase()).find((text) => text.length > 3 && mostly(password, text));
  if (word) return "It is mostly your own name or e-mail address.";
  if (COMMON.some((common) => mostly(password, common)))
    return "It is mostly one of the words that everybody tries first.";
  return null;
}

function mostly(password, word) {
  return password.includes(word) && password.replaceAll(word, "").length < 8;
}

function isRepetition(password) {
  // A text that is one piece repeated is found inside its own double, earlier than at its end.
  return `${password}${password}`.indexOf(password, 1) < password.length;
}

function isRun(password) {
  const rows = ["abcdefghijklmnopqrstuvwxyz", "01234567890123456789", "qwertyuiopasdfghjklzxcvbnm"];
  const lines = rows.flatMap((row) => [row, [...row].reverse().join("")]);
  let steps = 0;
  for (let at = 1; at < password.length; at++) {
    if (lines.some((line) => line.includes(password.slice(at - 1, at + 1)))) steps++;
  }
  return steps > password.length * 0.75;
}

function count(characters) {
  return characters === 1 ? "One character" : `${characters} characters`;
}

function verdict(level, word, why) {
  return { level, word, why };
}
