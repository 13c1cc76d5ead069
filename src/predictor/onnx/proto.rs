//! Protocol buffers, as far as ONNX needs them: fields of a message one after the other, each with its number and type.
//! <https://protobuf.dev/programming-guides/encoding/>

/// A message as its bytes.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Message(pub Vec<u8>);

/// How a field's value is written.
#[derive(Clone, Copy)]
enum Wire {
    Varint = 0,
    Bytes = 2,
    Fixed32 = 5,
}

impl Message {
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    fn field(&mut self, number: u32, wire: Wire) {
        self.varint(u64::from(number << 3 | wire as u32));
    }

    /// A whole number.
    pub fn int(mut self, number: u32, value: i64) -> Self {
        self.field(number, Wire::Varint);
        // A negative one as its two's complement.
        self.varint(value as u64);
        self
    }

    /// A number of 32 bits.
    pub fn float(mut self, number: u32, value: f32) -> Self {
        self.field(number, Wire::Fixed32);
        self.0.extend(value.to_le_bytes());
        self
    }

    /// Bytes or text.
    pub fn bytes(mut self, number: u32, value: impl AsRef<[u8]>) -> Self {
        self.field(number, Wire::Bytes);
        self.varint(value.as_ref().len() as u64);
        self.0.extend(value.as_ref());
        self
    }

    /// A message within.
    pub fn message(self, number: u32, value: &Self) -> Self {
        self.bytes(number, &value.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_written_as_the_encoding_has_it() {
        assert_eq!(Message::default().int(1, 150).0, [0x08, 0x96, 0x01], "the documentation's own example");
        assert_eq!(Message::default().bytes(2, "testing").0, b"\x12\x07testing");
        assert_eq!(Message::default().int(1, -2).0, [8, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]);
        assert_eq!(Message::default().float(2, 1.0).0, [0x15, 0, 0, 0x80, 0x3f]);
        assert_eq!(Message::default().message(3, &Message::default().int(1, 150)).0, [0x1a, 3, 8, 0x96, 1]);
    }
}
