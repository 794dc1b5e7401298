"""Files of any kind: hashes, archives unpacked and packed."""

from __future__ import annotations

from typing import ClassVar

from ci_callback_results.fields import Element, Flag, Integer, ListOf, Secret, Text, Time, many, part, sample
from ci_callback_results.job import Operation


class FileHashCodeConfig(Element):
    """Hash parameters."""

    type: Text = sample("MD5", about="The algorithm: `MD5`, `SHA1` or `SHA256`.")
    add_to_header: Flag = sample(
        "true", about="Whether the hash is added to the object's headers, as `x-cos-meta-md5` and so on."
    )


class FileHashCodeResult(Element):
    """The hash, under its algorithm's name."""

    md5: Text = sample("9e107d9d372bb6826bd81d3542a419d6", alias="MD5", about="The MD5, in hexadecimal.")
    sha1: Text = sample(alias="SHA1", about="The SHA-1, in hexadecimal.")
    sha256: Text = sample(alias="SHA256", about="The SHA-256, in hexadecimal.")
    file_size: Integer = sample("1048576", about="The file's size in bytes.")
    last_modified: Time = sample("2025-03-01T08:30:00+0800", about="When the file was last changed.")
    etag: Text = sample('"5f4dcc3b5aa765d61d8327deb882cf99"', about="The file's ETag, quotes included.")


class FileHashCode(Operation):
    """哈希值计算. https://cloud.tencent.com/document/product/436/83108.

    No callback body is published; fields as in the Go SDK and the query's answer.
    """

    API: ClassVar[str] = "file_jobs"

    file_hash_code_config: FileHashCodeConfig | None = part("Hash parameters.")
    file_hash_code_result: FileHashCodeResult | None = part("The hash.")


class DownloadConfig(Element):
    """Selection of the archive's files."""

    prefix: Text = part("Prefix of their names.")
    key: ListOf[Text] = sample("docs/readme.txt", "docs/licence.txt", about="Their names.")


class FileUncompressConfig(Element):
    """How to unpack."""

    prefix: Text = sample("out/unpacked/", about="Key prefix of the unpacked files.")
    prefix_replaced: Text = sample(
        "1", about="Folder: 0 as in the archive, 1 below the archive's name, 2 below the archive's key."
    )
    un_compress_key: Secret = part("The archive's password, in Base64; left out of the result.")
    mode: Text = part("How the archive is read; CI's pages list no values.")
    download_config: DownloadConfig | None = part("Files to unpack; all if absent.")


class FileUncompressResult(Element):
    """The files unpacked."""

    region: Text = sample("ap-guangzhou", about="The region they are in.")
    bucket: Text = sample("media-1250000000", about="The bucket they are in.")
    file_count: Integer = sample("2", about="Their number.")


class FileUncompress(Operation):
    """文件解压. https://cloud.tencent.com/document/product/436/83110.

    No callback body is published; fields as in the Go SDK and the query's answer.
    """

    API: ClassVar[str] = "file_jobs"

    file_uncompress_config: FileUncompressConfig | None = part("How to unpack.")
    file_uncompress_result: FileUncompressResult | None = part("The files unpacked.")


class PrefixConfig(Element):
    """One prefix whose files to pack."""

    prefix: Text = sample("in/photos/", about="The prefix.")
    folder: Text = sample("photos/", about="The folder in the archive.")
    image_params: Text = part("Picture processing rule applied to pictures first.")


class KeyConfig(Element):
    """One file to pack."""

    key: Text = sample("in/readme.txt", about="Its key.")
    folder: Text = sample("docs/", about="The folder in the archive.")
    rename: Text = sample("read me first.txt", about="Its name in the archive.")
    image_params: Text = part("Picture processing rule applied to a picture first.")


class FileCompressConfig(Element):
    """Packing parameters."""

    flatten: Integer = sample("0", about="0 to keep folders, 1 to flatten them.")
    format: Text = sample("zip", about="The archive's format: `zip`, `tar` or `tar.gz`.")
    type: Text = part("How hard to compress, such as `better`.")
    url_list: Text = part("The key of a CSV file with the URLs of the files to pack.")
    prefix: Text = sample("in/", about="The prefix whose files to pack.")
    prefix_config: ListOf[PrefixConfig] = many("Several prefixes whose files to pack.")
    key: ListOf[Text] = sample("in/readme.txt", "in/licence.txt", about="The keys of the files to pack.")
    key_config: ListOf[KeyConfig] = many("The files to pack, each with its place in the archive.")
    compress_key: Secret = part("The archive's password, in Base64; left out of the result.")
    ignore_error: Flag = sample("true", about="Whether the job continues if a file cannot be packed.")


class ErrorDetail(Element):
    """Files that could not be packed."""

    error_count: Integer = sample("1", about="Number of files that could not be packed.")
    error_file: ListOf[Text] = sample("in/gone.txt", about="Their keys.")


class FileCompressResult(Element):
    """The archive."""

    region: Text = sample("ap-guangzhou", about="The region it is in.")
    bucket: Text = sample("media-1250000000", about="The bucket it is in.")
    object: Text = sample("out/sample.zip", about="Its key.")
    compress_file_count: Integer = sample("41", about="Number of files packed.")
    error_count: Integer = part("Number of files that could not be packed, if not in `ErrorDetail`.")
    error_detail: ErrorDetail | None = part("Files that could not be packed.")


class FileCompress(Operation):
    """多文件打包压缩. https://cloud.tencent.com/document/product/436/83112.

    There is no `Input`. No callback body is published; fields as in the Go SDK and the query's answer.
    """

    API: ClassVar[str] = "file_jobs"

    file_compress_config: FileCompressConfig | None = part("Packing parameters.")
    file_compress_result: FileCompressResult | None = part("The archive.")
