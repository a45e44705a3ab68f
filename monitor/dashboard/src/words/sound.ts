/** The texts of what is heard, in both languages. */

export const en = {
  sound_test: "Test the sound",
  sound_works: "Sound is on",
  sound_unasked: "Not tried yet",
  sound_blocked: "Sound is blocked: press to allow it",
  sound_missing: "This browser has no sound",
  sound_stalled: "Sound stands still: check the speaker",
  silence: "Silence",
  silence_what: "Silence what sounds now, at this station only; nothing is acknowledged",
  silenced: "Silenced here",
};

export const zh: Record<keyof typeof en, string> = {
  sound_test: "测试声音",
  sound_works: "声音已开启",
  sound_unasked: "尚未测试",
  sound_blocked: "声音被浏览器阻止：点击以允许",
  sound_missing: "此浏览器无法发声",
  sound_stalled: "声音停滞：请检查扬声器",
  silence: "静音",
  silence_what: "仅在本工位静音当前报警声；不等于确认",
  silenced: "本工位已静音",
};
