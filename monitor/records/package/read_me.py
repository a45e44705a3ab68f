"""What a package says of itself to whoever opens it, in both languages."""

TEXT = """\
批次环境数据包 · Package of the environment of batch {batch}

如何核验（无需 Gradewatch）
  1. 将 verify.py 从本文件中取出（或从您信任的来源取得同一文件）。
  2. 安装 Python 3.11 或更高版本，并执行：pip install cryptography
  3. 执行：python verify.py 本文件.zip --key 首个密钥指纹
     指纹见验证文件（纸质）；不给出 --key 时，仅证明数据包前后一致，并显示其指纹供您核对。
  结果以文字说明哪些成立、哪些无法得知；若有改动，将指出第一处。

How to prove it (Gradewatch is not needed)
  1. Take verify.py out of this file (or the same file from where you trust it).
  2. Have Python 3.11 or later, and run: pip install cryptography
  3. Run: python verify.py THIS-FILE.zip --key FINGERPRINT-OF-THE-FIRST-KEY
     The fingerprint stands in the validation file on paper. Without --key it is only proved that the package agrees
     with itself, and its fingerprint is printed for you to compare.
  It says in words what holds and what it cannot know; if anything was changed, it names the first place.

内容 · What is in it
  manifest.json, manifest.sig   每个文件的 SHA-256，及其签名 · SHA-256 of every file, and the signature over that
  dossier.json                  批次环境档案 · the dossier of the batch
  report.zh.pdf, report.en.pdf  可读报告 · the same, to be read
  samples/                      全部原始数据行（CSV 与 Parquet 内容相同）· whole raw rows, as CSV and as Parquet
  digests.csv                   各序列各分钟的摘要 · digest of every minute of every series
  alarms.csv                    该时段的报警 · alarms of that time
  book/                         相关的记录簿各行 · the lines of the book that this rests on
  keys.jsonl                    签名密钥（公钥）· public signing keys
  plant/                        当时生效的工厂配置 · the plant's files as they were in force

电子记录为主要数据。时间均为 UTC。The electronic record is the main data. All times are UTC.
"""
