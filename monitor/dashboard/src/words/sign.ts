/** Acknowledging and signing. */

export const en = {
  what_is_done: "What is done about it",
  sign_password: "Your password, to sign",
};

export const zh: Record<keyof typeof en, string> = {
  what_is_done: "处理说明",
  sign_password: "签名密码",
};
