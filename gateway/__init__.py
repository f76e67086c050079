"""The edge: pictures, finger images and vendors' messages in; captures out; doors opened."""
