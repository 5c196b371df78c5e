//! Decoding pictures, within limits, off the worker's thread: an image's bytes are somebody else's.

use std::io::{self, BufRead, Cursor, Read, Seek, SeekFrom};

use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};

use super::stop::Stop;
use super::{PICTURE_SIDE, Picture, Preview};
use crate::secret::SecretBytes;

/// Images with more pixels than this are not decoded: 64 megapixels are 256 MB.
const MOST_PIXELS: u64 = 64_000_000;
/// No side may be longer, whatever the other one is.
const LONGEST_SIDE: u32 = 65_536;
/// The most memory that a decoder may ask for.
const MOST_MEMORY: u64 = 512 << 20;
/// A decoder gets this many bytes at a time, and between them is asked to stop.
const PIECE: usize = 16 * 1024;

/// Decodes `bytes`, if `media_type` says that they are an image that can be shown. Ends early once `stop` says so.
pub(super) fn decode(media_type: &str, bytes: &SecretBytes, stop: &Stop) -> Preview {
    let Some(format) = format_of(media_type) else { return Preview::None };
    // EXPOSE: decoded into a picture, which is a secret again; decoders' own memory is wiped by the allocator.
    let source = Stoppable { bytes: Cursor::new(bytes.expose()), stop };
    let mut reader = ImageReader::with_format(source, format);
    let mut limits = Limits::default();
    limits.max_alloc = Some(MOST_MEMORY);
    limits.max_image_width = Some(LONGEST_SIDE);
    limits.max_image_height = Some(LONGEST_SIDE);
    reader.limits(limits);
    let Ok(mut decoder) = reader.into_decoder() else { return Preview::Unreadable };
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MOST_PIXELS || width.max(height) > LONGEST_SIDE {
        return Preview::TooLarge { width, height };
    }
    let upright = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let Ok(mut image) = DynamicImage::from_decoder(decoder) else { return Preview::Unreadable };
    if stop.reason().is_some() {
        return Preview::Unreadable;
    }
    if width.max(height) > PICTURE_SIDE {
        // Before it is turned, which then costs little.
        image = image.thumbnail(PICTURE_SIDE, PICTURE_SIDE);
    }
    image.apply_orientation(upright);
    let original = if is_on_its_side(upright) { (height, width) } else { (width, height) };
    let (width, height) = (image.width(), image.height());
    let rgba = SecretBytes::new(image.into_rgba8().into_raw());
    Preview::Image(Picture { width, height, rgba, original })
}

fn is_on_its_side(upright: Orientation) -> bool {
    use Orientation::{Rotate90, Rotate90FlipH, Rotate270, Rotate270FlipH};
    matches!(upright, Rotate90 | Rotate90FlipH | Rotate270 | Rotate270FlipH)
}

fn format_of(media_type: &str) -> Option<ImageFormat> {
    let format = ImageFormat::from_mime_type(media_type)?;
    matches!(format, ImageFormat::Png | ImageFormat::Jpeg | ImageFormat::Gif | ImageFormat::WebP | ImageFormat::Bmp)
        .then_some(format)
}

/// Bytes that end with an error once the work is to stop.
struct Stoppable<'a> {
    bytes: Cursor<&'a [u8]>,
    stop: &'a Stop,
}

impl Stoppable<'_> {
    fn check(&self) -> io::Result<()> {
        match self.stop.reason() {
            Some(_) => Err(io::Error::other("stopped")),
            None => Ok(()),
        }
    }
}

impl Read for Stoppable<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.check()?;
        let piece = into.len().min(PIECE);
        self.bytes.read(&mut into[..piece])
    }
}

impl BufRead for Stoppable<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.check()?;
        let rest = self.bytes.fill_buf()?;
        Ok(&rest[..rest.len().min(PIECE)])
    }

    fn consume(&mut self, count: usize) {
        self.bytes.consume(count);
    }
}

impl Seek for Stoppable<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.bytes.seek(to)
    }
}

#[cfg(test)]
mod tests {
    use image::{ImageBuffer, Rgba};

    use super::*;
    use crate::worker::stop::StopReason;

    fn png(width: u32, height: u32) -> SecretBytes {
        let image = ImageBuffer::from_pixel(width, height, Rgba([1_u8, 2, 3, 255]));
        let mut bytes = Cursor::new(Vec::new());
        image.write_to(&mut bytes, ImageFormat::Png).unwrap();
        SecretBytes::new(bytes.into_inner())
    }

    #[test]
    fn an_image_becomes_pixels() {
        let Preview::Image(picture) = decode("image/png", &png(3, 2), &Stop::default()) else { panic!("no image") };
        assert_eq!((picture.width, picture.height, picture.original), (3, 2, (3, 2)));
        // EXPOSE: compared in a test.
        assert_eq!(picture.rgba.expose(), [1, 2, 3, 255].repeat(6));
    }

    #[test]
    fn a_large_image_is_made_small_enough_for_a_texture() {
        let Preview::Image(picture) = decode("image/png", &png(8200, 10), &Stop::default()) else { panic!("no image") };
        assert_eq!((picture.width, picture.original), (PICTURE_SIDE, (8200, 10)));
        assert_eq!(picture.rgba.len() as u64, u64::from(picture.width) * u64::from(picture.height) * 4);
    }

    #[test]
    fn what_is_too_large_is_refused_by_its_header() {
        // A header that promises 60000 × 60000 pixels, and nothing behind it.
        let mut header = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\xea\x60\0\0\xea\x60\x08\x06\0\0\0".to_vec();
        header.extend(crc(&header[12..]).to_be_bytes());
        header.extend(b"\0\0\0\0IDAT");
        let shown = decode("image/png", &SecretBytes::new(header), &Stop::default());
        assert!(matches!(shown, Preview::TooLarge { width: 60_000, height: 60_000 }), "{shown:?}");
    }

    #[test]
    fn other_bytes_are_no_image_and_damaged_ones_are_told() {
        let text = SecretBytes::copy_of(b"text");
        assert!(matches!(decode("text/plain", &text, &Stop::default()), Preview::None));
        assert!(matches!(decode("image/svg+xml", &text, &Stop::default()), Preview::None));
        for kind in ["image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp"] {
            assert!(matches!(decode(kind, &text, &Stop::default()), Preview::Unreadable), "{kind}");
        }
    }

    #[test]
    fn decoding_ends_when_it_is_stopped() {
        let stop = Stop::default();
        stop.stop(StopReason::Locked);
        assert!(matches!(decode("image/png", &png(3, 2), &stop), Preview::Unreadable));
    }

    fn crc(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(!0_u32, |crc, byte| {
            (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg()))
        })
    }
}
