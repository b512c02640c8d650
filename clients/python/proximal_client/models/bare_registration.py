from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
  from ..models.bare_config import BareConfig





T = TypeVar("T", bound="BareRegistration")



@_attrs_define
class BareRegistration:
    """ A model with random weights, for sft to train from nothing.

        Attributes:
            config (BareConfig): The shape of a model that has no weights yet
            tokenizer (str): Name of the model whose tokenizer it gets.
            seed (int | Unset): The same seed gives the same weights. Default 0. Default: 0.
            name (str | Unset): What it is called. Default: its family and a hash of all that it is made of.
     """

    config: BareConfig
    tokenizer: str
    seed: int | Unset = 0
    name: str | Unset = UNSET





    def to_dict(self) -> dict[str, Any]:
        from ..models.bare_config import BareConfig # noqa: PLC0415
        config = self.config.to_dict()

        tokenizer = self.tokenizer

        seed = self.seed

        name = self.name


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "config": config,
            "tokenizer": tokenizer,
        })
        if seed is not UNSET:
            field_dict["seed"] = seed
        if name is not UNSET:
            field_dict["name"] = name

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.bare_config import BareConfig # noqa: PLC0415
        d = dict(src_dict)
        config = BareConfig.from_dict(d.pop("config"))




        tokenizer = d.pop("tokenizer")

        seed = d.pop("seed", UNSET)

        name = d.pop("name", UNSET)

        bare_registration = cls(
            config=config,
            tokenizer=tokenizer,
            seed=seed,
            name=name,
        )

        return bare_registration

