from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.classifier_reward_dtype import ClassifierRewardDtype
from ..models.classifier_reward_function_to_apply_type_1 import ClassifierRewardFunctionToApplyType1
from ..models.classifier_reward_function_to_apply_type_2_type_1 import ClassifierRewardFunctionToApplyType2Type1
from ..models.classifier_reward_function_to_apply_type_3_type_1 import ClassifierRewardFunctionToApplyType3Type1
from ..models.classifier_reward_text import ClassifierRewardText
from ..models.classifier_reward_type import ClassifierRewardType
from ..types import UNSET, Unset
from typing import cast






T = TypeVar("T", bound="ClassifierReward")



@_attrs_define
class ClassifierReward:
    """ The score that a ready ONNX text classifier gives a label

        Attributes:
            type_ (ClassifierRewardType): Which reward it is.
            model (str): A folder with config.json, a tokenizer and onnx/model.onnx, by the name of a model.
            label (None | str | Unset): Whose score is the reward: a label of id2label. Default null: the only one there is.
            dtype (ClassifierRewardDtype | Unset): Which of the folder's ONNX files is run, as transformers.js calls them.
                Default fp32: model.onnx. Default: ClassifierRewardDtype.FP32.
            text (ClassifierRewardText | Unset): What is classified. Default completion. Default:
                ClassifierRewardText.COMPLETION.
            function_to_apply (ClassifierRewardFunctionToApplyType1 | ClassifierRewardFunctionToApplyType2Type1 |
                ClassifierRewardFunctionToApplyType3Type1 | None | Unset): What makes scores of the model's outputs. Default
                null, as transformers' pipeline: sigmoid for one label or problem_type multi_label_classification, none for
                regression, else softmax.
     """

    type_: ClassifierRewardType
    model: str
    label: None | str | Unset = UNSET
    dtype: ClassifierRewardDtype | Unset = ClassifierRewardDtype.FP32
    text: ClassifierRewardText | Unset = ClassifierRewardText.COMPLETION
    function_to_apply: ClassifierRewardFunctionToApplyType1 | ClassifierRewardFunctionToApplyType2Type1 | ClassifierRewardFunctionToApplyType3Type1 | None | Unset = UNSET





    def to_dict(self) -> dict[str, Any]:
        type_ = self.type_.value

        model = self.model

        label: None | str | Unset
        if isinstance(self.label, Unset):
            label = UNSET
        else:
            label = self.label

        dtype: str | Unset = UNSET
        if not isinstance(self.dtype, Unset):
            dtype = self.dtype.value


        text: str | Unset = UNSET
        if not isinstance(self.text, Unset):
            text = self.text.value


        function_to_apply: None | str | Unset
        if isinstance(self.function_to_apply, Unset):
            function_to_apply = UNSET
        elif isinstance(self.function_to_apply, ClassifierRewardFunctionToApplyType1):
            function_to_apply = self.function_to_apply.value
        elif isinstance(self.function_to_apply, ClassifierRewardFunctionToApplyType2Type1):
            function_to_apply = self.function_to_apply.value
        elif isinstance(self.function_to_apply, ClassifierRewardFunctionToApplyType3Type1):
            function_to_apply = self.function_to_apply.value
        else:
            function_to_apply = self.function_to_apply


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "type": type_,
            "model": model,
        })
        if label is not UNSET:
            field_dict["label"] = label
        if dtype is not UNSET:
            field_dict["dtype"] = dtype
        if text is not UNSET:
            field_dict["text"] = text
        if function_to_apply is not UNSET:
            field_dict["function_to_apply"] = function_to_apply

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        type_ = ClassifierRewardType(d.pop("type"))




        model = d.pop("model")

        def _parse_label(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        label = _parse_label(d.pop("label", UNSET))


        _dtype = d.pop("dtype", UNSET)
        dtype: ClassifierRewardDtype | Unset
        if isinstance(_dtype,  Unset):
            dtype = UNSET
        else:
            dtype = ClassifierRewardDtype(_dtype)




        _text = d.pop("text", UNSET)
        text: ClassifierRewardText | Unset
        if isinstance(_text,  Unset):
            text = UNSET
        else:
            text = ClassifierRewardText(_text)




        def _parse_function_to_apply(data: object) -> ClassifierRewardFunctionToApplyType1 | ClassifierRewardFunctionToApplyType2Type1 | ClassifierRewardFunctionToApplyType3Type1 | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                function_to_apply_type_1 = ClassifierRewardFunctionToApplyType1(data)



                return function_to_apply_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, str):
                    raise TypeError()
                function_to_apply_type_2_type_1 = ClassifierRewardFunctionToApplyType2Type1(data)



                return function_to_apply_type_2_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, str):
                    raise TypeError()
                function_to_apply_type_3_type_1 = ClassifierRewardFunctionToApplyType3Type1(data)



                return function_to_apply_type_3_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(ClassifierRewardFunctionToApplyType1 | ClassifierRewardFunctionToApplyType2Type1 | ClassifierRewardFunctionToApplyType3Type1 | None | Unset, data)

        function_to_apply = _parse_function_to_apply(d.pop("function_to_apply", UNSET))


        classifier_reward = cls(
            type_=type_,
            model=model,
            label=label,
            dtype=dtype,
            text=text,
            function_to_apply=function_to_apply,
        )

        return classifier_reward

