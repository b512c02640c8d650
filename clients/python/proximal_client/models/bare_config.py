from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.bare_config_family import BareConfigFamily
from ..types import UNSET, Unset






T = TypeVar("T", bound="BareConfig")



@_attrs_define
class BareConfig:
    """ The shape of a model that has no weights yet

        Attributes:
            hidden_size (int): Numbers of a token between layers.
            num_layers (int): Layers.
            num_heads (int): Of queries. Must divide hidden_size, where no head_dim is given.
            family (BareConfigFamily | Unset): Default qwen3. Default: BareConfigFamily.QWEN3.
            num_kv_heads (int | Unset): Must divide num_heads. Default num_heads.
            head_dim (int | Unset): Default hidden_size / num_heads.
            intermediate_size (int | Unset): Of the MLP. Default 4 * hidden_size.
            max_position_embeddings (int | Unset): Longest text, in tokens. Default 1024. Default: 1024.
            tie_word_embeddings (bool | Unset): Whether the head is the embedding. Default true. Default: True.
            norm_eps (float | Unset): Default 1e-6. Default: 1e-06.
            rope_theta (float | Unset): Of rotary positions. Default 10000. Default: 10000.0.
     """

    hidden_size: int
    num_layers: int
    num_heads: int
    family: BareConfigFamily | Unset = BareConfigFamily.QWEN3
    num_kv_heads: int | Unset = UNSET
    head_dim: int | Unset = UNSET
    intermediate_size: int | Unset = UNSET
    max_position_embeddings: int | Unset = 1024
    tie_word_embeddings: bool | Unset = True
    norm_eps: float | Unset = 1e-06
    rope_theta: float | Unset = 10000.0





    def to_dict(self) -> dict[str, Any]:
        hidden_size = self.hidden_size

        num_layers = self.num_layers

        num_heads = self.num_heads

        family: str | Unset = UNSET
        if not isinstance(self.family, Unset):
            family = self.family.value


        num_kv_heads = self.num_kv_heads

        head_dim = self.head_dim

        intermediate_size = self.intermediate_size

        max_position_embeddings = self.max_position_embeddings

        tie_word_embeddings = self.tie_word_embeddings

        norm_eps = self.norm_eps

        rope_theta = self.rope_theta


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "hidden_size": hidden_size,
            "num_layers": num_layers,
            "num_heads": num_heads,
        })
        if family is not UNSET:
            field_dict["family"] = family
        if num_kv_heads is not UNSET:
            field_dict["num_kv_heads"] = num_kv_heads
        if head_dim is not UNSET:
            field_dict["head_dim"] = head_dim
        if intermediate_size is not UNSET:
            field_dict["intermediate_size"] = intermediate_size
        if max_position_embeddings is not UNSET:
            field_dict["max_position_embeddings"] = max_position_embeddings
        if tie_word_embeddings is not UNSET:
            field_dict["tie_word_embeddings"] = tie_word_embeddings
        if norm_eps is not UNSET:
            field_dict["norm_eps"] = norm_eps
        if rope_theta is not UNSET:
            field_dict["rope_theta"] = rope_theta

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        hidden_size = d.pop("hidden_size")

        num_layers = d.pop("num_layers")

        num_heads = d.pop("num_heads")

        _family = d.pop("family", UNSET)
        family: BareConfigFamily | Unset
        if isinstance(_family,  Unset):
            family = UNSET
        else:
            family = BareConfigFamily(_family)




        num_kv_heads = d.pop("num_kv_heads", UNSET)

        head_dim = d.pop("head_dim", UNSET)

        intermediate_size = d.pop("intermediate_size", UNSET)

        max_position_embeddings = d.pop("max_position_embeddings", UNSET)

        tie_word_embeddings = d.pop("tie_word_embeddings", UNSET)

        norm_eps = d.pop("norm_eps", UNSET)

        rope_theta = d.pop("rope_theta", UNSET)

        bare_config = cls(
            hidden_size=hidden_size,
            num_layers=num_layers,
            num_heads=num_heads,
            family=family,
            num_kv_heads=num_kv_heads,
            head_dim=head_dim,
            intermediate_size=intermediate_size,
            max_position_embeddings=max_position_embeddings,
            tie_word_embeddings=tie_word_embeddings,
            norm_eps=norm_eps,
            rope_theta=rope_theta,
        )

        return bare_config

